#include "milter/daemon/daemon.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include <libmilter/mfapi.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/daemon/listen_socket.hpp"
#include "milter/log/log.hpp"
#include "milter/session/callbacks.hpp"

namespace pams::milter {
namespace {

constexpr int kBacklog = 256;
/// An idle MTA keeps its connection open between messages; Postfix gives up after 300 seconds by itself.
constexpr int kTimeoutSeconds = 7210;
/// systemd gives 90 seconds; what the trace could not write by then is counted in the log.
constexpr std::chrono::seconds kTimeToTrace(10);

Status registered(const std::string& address) {
  auto writable = address;
  if (smfi_register(milter_description()) != MI_SUCCESS)
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
  return clear_stale_socket(listen)
      .and_then([&] { return registered(listen.for_libmilter()); })
      .and_then([&] { return opened(listen); });
}

/// smfi_stop waits for a lock that the listener holds while it waits for connections, up to 5 seconds: a
/// connection frees it now.
void stop(const Listen& listen) {
  const auto stopped = std::async(std::launch::async, smfi_stop);
  while (stopped.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) wake_listener(listen);
}

/// libmilter on a thread of its own, until a signal comes or it ends by itself. Returns what smfi_main said.
int serve(const Listen& listen, const sigset_t& stops) {
  std::atomic<int> result = MI_FAILURE;
  std::thread listener([&result] {
    result = smfi_main();
    ::kill(::getpid(), SIGTERM);  // ends the wait below if nobody has asked for a stop
  });
  int signal = 0;
  sigwait(&stops, &signal);
  stop(listen);
  listener.join();
  remove_socket(listen);  // libmilter leaves it when it runs as root
  wait_for_messages_in_work();
  return result;
}

}  // namespace

/// libmilter stops on HUP, TERM and INT, whichever thread of its own hears them. HUP is ignored here and not
/// blocked on this thread, so the kernel drops it before any thread can wait for it; TERM and INT are waited
/// for on this thread, which the kernel prefers.
sigset_t take_signals() {
  for (const int ignored : {SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) (void)std::signal(ignored, SIG_IGN);
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  return stops;
}

int run_daemon(const std::shared_ptr<const Services>& services) {
  const auto& listen = services->config->settings.listen;
  const auto stops = take_signals();
  use_services(services);
  const auto socket = started(listen);
  if (!socket) {
    log::write(log::start_failed, {{"reason", socket.error().what}});
    return 1;
  }
  log::write(log::started, {{"listen", listen.for_libmilter()},
                            {"socket", *socket},
                            {"version", PAMS_VERSION},
                            {"pid", std::to_string(::getpid())}});
  const int result = serve(listen, stops);
  if (services->trace != nullptr) services->trace->stop(kTimeToTrace);
  if (result != MI_SUCCESS) {
    log::write(log::start_failed, {{"reason", "libmilter's listener has failed; see the system log"}});
    return 1;
  }
  log::write(log::stopped, {});
  return 0;
}

}  // namespace pams::milter
