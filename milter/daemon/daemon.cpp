#include "milter/daemon/daemon.hpp"

#include <array>
#include <chrono>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "milter/daemon/control.hpp"
#include "milter/daemon/libmilter.hpp"
#include "milter/daemon/listen_socket.hpp"
#include "milter/daemon/status_reporter.hpp"
#include "milter/log/log.hpp"
#include "milter/session/callbacks.hpp"

namespace pams::milter::daemon {
namespace {

/// systemd gives 90 seconds; what the trace could not write by then is counted in the log.
constexpr std::chrono::seconds kTimeToTrace(10);

/// A reload in work ends well before that, unless a disk hangs.
constexpr std::chrono::seconds kTimeToReload(10);

/// An idle milter answers within milliseconds; a stop is heard after this at the latest.
constexpr std::chrono::seconds kTimeToAnswer(5);

/// Blocked here and so on every thread, and read from a descriptor.
Fd take_signals() {
  for (const int ignored : {SIGPIPE, SIGUSR1, SIGUSR2}) (void)std::signal(ignored, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int one : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&ours, one);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  return Fd(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
}

/// 0 when there is none.
int next_signal(const Fd& signals) {
  signalfd_siginfo got{};
  return ::read(signals.get(), &got, sizeof got) == sizeof got ? static_cast<int>(got.ssi_signo) : 0;
}

/// Reloads on each HUP. True when it was told to stop, false when libmilter has ended by itself.
bool serve_until_stop(const Fd& signals, const Libmilter& libmilter, Control& control, ServicePulse& pulse) {
  while (true) {
    std::array<pollfd, 2> waits{{{signals.get(), POLLIN, 0}, {libmilter.ended(), POLLIN, 0}}};
    static_cast<void>(::poll(waits.data(), waits.size(), pulse.may_wait()));
    const int signal = next_signal(signals);
    if (signal == SIGTERM || signal == SIGINT) return true;
    if (signal == SIGHUP) control.request_reload();
    if (waits[1].revents != 0) return false;
    pulse.tell_what_is_due();
  }
}

std::string status_line(const Reloader& reloader) {
  const auto open = session::counts().connections;
  return reloader.route_line() + ", " + std::to_string(open) + (open == 1 ? " connection" : " connections");
}

int cannot_start(const std::string& reason) {
  log::write(log::start_failed, {{"reason", reason}});
  return 1;
}

int run(const std::shared_ptr<const Config>& config, Wire wire, const std::string& control_socket,
        const Fd& signals) {
  const auto& listen = config->settings.listen;
  Libmilter libmilter(listen);
  const auto socket = libmilter.open();
  if (!socket) return cannot_start(socket.error().what);
  const auto manager = ServiceManager::from_environment();
  const auto reloader = std::make_shared<Reloader>(config, std::move(wire));
  const auto reporter = std::make_shared<StatusReporter>(reloader);
  Control control(
      reloader, [reporter] { return reporter->json(); }, manager, control_socket);
  libmilter.serve();
  log::write(log::started, {{"listen", listen.for_libmilter()},
                            {"socket", *socket},
                            {"version", PAMS_VERSION},
                            {"pid", std::to_string(::getpid())}});
  manager.ready();
  ServicePulse pulse(
      manager, {[&] { return status_line(*reloader); }, [&] { return is_answering(listen, kTimeToAnswer); }});
  const bool was_asked = serve_until_stop(signals, libmilter, control, pulse);
  manager.stopping();
  libmilter.stop();
  session::wait_for_messages_in_work();
  control.stop(kTimeToReload);
  reloader->stop(kTimeToTrace);
  if (!was_asked) return cannot_start("libmilter's listener has failed; see the system log");
  log::write(log::stopped, {});
  return 0;
}

}  // namespace

int run_daemon(const std::shared_ptr<const Config>& config, Wire wire, const std::string& control_socket) {
  const auto signals = take_signals();
  try {
    return run(config, std::move(wire), control_socket, signals);
  } catch (const std::exception& e) {  // what was to be made at the start could not be
    return cannot_start(e.what());
  }
}

}  // namespace pams::milter::daemon
