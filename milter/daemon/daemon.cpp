#include "milter/daemon/daemon.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include <libmilter/mfapi.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/daemon/control.hpp"
#include "milter/daemon/listen_socket.hpp"
#include "milter/log/log.hpp"
#include "milter/session/callbacks.hpp"

/// libmilter has a thread that stops the milter on HUP, TERM and INT, as the first to hear them or not:
/// whoever waits gets a signal. It waits with sigwait, and the dynamic linker gives it this one before the C
/// library's: it hears nothing, and the signals are ours alone. (There is no setting for that.)
extern "C" int sigwait(const sigset_t*, int*) {
  while (true) ::pause();
}

namespace pams::milter::daemon {
namespace {

constexpr int kBacklog = 256;
/// An idle MTA keeps its connection open between messages; Postfix gives up after 300 seconds by itself.
constexpr int kTimeoutSeconds = 7210;
/// systemd gives 90 seconds; what the trace could not write by then is counted in the log.
constexpr std::chrono::seconds kTimeToTrace(10);

/// A reload in work ends well before that, unless a disk hangs.
constexpr std::chrono::seconds kTimeToReload(10);

/// Blocked here and so on every thread, for this one to wait for.
sigset_t take_signals() {
  for (const int ignored : {SIGPIPE, SIGUSR1, SIGUSR2}) (void)std::signal(ignored, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int one : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&ours, one);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  return ours;
}

/// Reloads on each HUP, and returns on the others.
void wait_for_stop(const sigset_t& ours, Control& control) {
  while (true) {
    const int signal = ::sigwaitinfo(&ours, nullptr);
    if (signal == SIGHUP) control.request_reload();
    if (signal == SIGTERM || signal == SIGINT) return;  // -1: interrupted by what is none of ours
  }
}

Status registered(const std::string& address) {
  auto writable = address;
  if (smfi_register(session::milter_description()) != MI_SUCCESS)
    return fail(Failure::Temporary, "libmilter does not register the callbacks");
  if (smfi_setconn(writable.data()) != MI_SUCCESS)
    return fail(Failure::Misconfigured, "libmilter does not take the address " + address);
  if (smfi_settimeout(kTimeoutSeconds) != MI_SUCCESS || smfi_setbacklog(kBacklog) != MI_SUCCESS)
    return fail(Failure::Temporary, "libmilter does not take its settings");
  return {};
}

Result<std::string> opened(const Listen& listen) {
  // Nobody connects before the mode is what it shall be.
  const auto former = ::umask(0177);
  const bool open = smfi_opensocket(false) == MI_SUCCESS;
  ::umask(former);
  if (!open)
    return fail(Failure::Misconfigured, "libmilter cannot listen at " + listen.for_libmilter() +
                                            " (its own words are in the system log)");
  return prepare_socket(listen);
}

Result<std::string> started(const Listen& listen) {
  return clear_stale_socket(listen.unix_path)
      .and_then([&] { return registered(listen.for_libmilter()); })
      .and_then([&] { return opened(listen); });
}

/// smfi_stop waits for a lock that the listener holds while it waits for connections, up to 5 seconds: a
/// connection frees it now.
void stop(const Listen& listen) {
  const auto stopped = std::async(std::launch::async, smfi_stop);
  while (stopped.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) wake_listener(listen);
}

/// libmilter on a thread of its own, until a signal comes or it ends by itself. Returns what smfi_main said
/// of an end that nobody asked for; an end that was asked for is never a failure.
int serve(const Listen& listen, const sigset_t& signals, Control& control) {
  int result = MI_FAILURE;
  std::atomic<bool> has_ended = false;
  std::thread listener([&] {
    result = smfi_main();
    has_ended = true;
    ::kill(::getpid(), SIGTERM);  // ends the wait below if nobody has asked for a stop
  });
  wait_for_stop(signals, control);
  const bool was_asked = !has_ended;
  stop(listen);
  listener.join();
  remove_socket(listen);  // libmilter leaves it when it runs as root
  session::wait_for_messages_in_work();
  return was_asked ? MI_SUCCESS : result;
}

}  // namespace

int run_daemon(const std::shared_ptr<const Config>& config, Wire wire, const std::string& control_socket) {
  const auto& listen = config->settings.listen;
  const auto signals = take_signals();
  const auto reloader = std::make_shared<Reloader>(config, std::move(wire));
  const auto socket = started(listen);
  if (!socket) {
    log::write(log::start_failed, {{"reason", socket.error().what}});
    return 1;
  }
  Control control(reloader, control_socket);
  log::write(log::started, {{"listen", listen.for_libmilter()},
                            {"socket", *socket},
                            {"version", PAMS_VERSION},
                            {"pid", std::to_string(::getpid())}});
  const int result = serve(listen, signals, control);
  control.stop(kTimeToReload);
  reloader->stop(kTimeToTrace);
  if (result != MI_SUCCESS) {
    log::write(log::start_failed, {{"reason", "libmilter's listener has failed; see the system log"}});
    return 1;
  }
  log::write(log::stopped, {});
  return 0;
}

}  // namespace pams::milter::daemon
