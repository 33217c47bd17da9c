#include "milter/relay/relay_daemon.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/base/service_manager.hpp"
#include "milter/log/diagnostics.hpp"
#include "milter/log/log.hpp"
#include "milter/relay/listener.hpp"
#include "milter/relay/server.hpp"

namespace pams::milter::relay {
namespace {

constexpr std::chrono::milliseconds kBetweenTidyings(5000);
constexpr std::chrono::milliseconds kPauseWithoutDescriptors(200);
constexpr std::chrono::milliseconds kForMessagesInWork(60'000);
constexpr std::chrono::milliseconds kAtATime(50);

/// Blocked on every thread, and read from a descriptor.
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

void refused(const std::string& file, const std::string& reason) {
  log::write(log::reload_refused, {{"file", file}, {"reason", reason}});
}

class Daemon {
 public:
  Daemon(const std::shared_ptr<const Config>& config, Listener listener, Fd signals,
         const ServiceManager& manager)
      : manager_(manager),
        pulse_(manager, {[this] { return status_line(); }, [] { return true; }}),
        file_(config->settings.file),
        listen_(config->settings.relay.listen.for_libmilter()),
        services_(std::make_shared<RelayServices>(config)),
        server_(services_),
        listener_(std::move(listener)),
        signals_(std::move(signals)) {}

  void serve() {
    while (!is_stopping_) {
      std::array<pollfd, 2> waiting{pollfd{signals_.get(), POLLIN, 0},
                                    pollfd{listener_.socket.get(), POLLIN, 0}};
      (void)::poll(waiting.data(), waiting.size(), wait());
      if (waiting[0].revents != 0) obey(next_signal(signals_));
      if (waiting[1].revents != 0 && !is_stopping_) accept();
      tidy();
      pulse_.tell_what_is_due();
    }
    manager_.stopping();
    listener_.socket = Fd();
    if (!listener_.path.empty()) ::unlink(listener_.path.c_str());
    finish_messages();
  }

 private:
  int wait() const {
    const auto tidying = static_cast<int>(kBetweenTidyings.count());
    const auto pulse = pulse_.may_wait();
    return pulse < 0 ? tidying : std::min(pulse, tidying);
  }

  std::string status_line() const {
    const auto open = server_.sessions();
    return "listening, " + std::to_string(open) + (open == 1 ? " connection" : " connections");
  }

  void obey(int signal) {
    if (signal == SIGHUP) {
      manager_.reloading();
      reload();
      manager_.ready();
    }
    if (signal == SIGTERM || signal == SIGINT) is_stopping_ = true;
  }

  void accept() {
    Fd connection(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) return server_.take(std::move(connection));
    // Without descriptors the connection stays in the queue: not to be asked for all the time.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log::write(log::relay_busy, {{"reason", std::strerror(errno)}});
      (void)::poll(nullptr, 0, static_cast<int>(kPauseWithoutDescriptors.count()));
    }
  }

  void tidy() {
    const auto time = std::chrono::steady_clock::now();
    if (time < next_tidying_) return;
    next_tidying_ = time + kBetweenTidyings;
    services_->tidy(now());
  }

  void reload() {
    try {
      const auto loaded = load_config(file_);
      log::write_diagnostics(loaded.diagnostics);
      if (loaded.config == nullptr)
        return refused(file_, std::to_string(loaded.diagnostics.errors()) + " error(s)");
      use(loaded.config);
    } catch (const std::exception& e) {
      refused(file_, e.what());
    }
  }

  void use(const std::shared_ptr<const Config>& config) {
    const auto& settings = config->settings;
    services_->use(config);
    log::configure(settings.log_level, settings.log_format == LogFormat::Json);
    log::write(log::reloaded,
               {{"file", file_}, {"connectors", std::to_string(config->policy.connectors.size())}});
    const auto wanted = settings.relay.listen.for_libmilter();
    if (wanted != listen_)
      log::write(log::restart_needed,
                 {{"setting", "relay.listen"}, {"runs_with", listen_}, {"wanted", wanted}});
  }

  void finish_messages() {
    const auto end = std::chrono::steady_clock::now() + kForMessagesInWork;
    while (!server_.stop(kAtATime) && std::chrono::steady_clock::now() < end)
      if (const int signal = next_signal(signals_); signal == SIGTERM || signal == SIGINT) return;
  }

  const ServiceManager& manager_;
  ServicePulse
      pulse_;  ///< the loop of serve() takes the connections: that it comes round shows that they are taken
  const std::string file_, listen_;
  const std::shared_ptr<RelayServices> services_;
  Server server_;
  Listener listener_;
  const Fd signals_;
  std::chrono::steady_clock::time_point next_tidying_{};
  bool is_stopping_ = false;
};

}  // namespace

int run_relay(const std::shared_ptr<const Config>& config) {
  auto signals = take_signals();
  const auto& listen = config->settings.relay.listen;
  auto listener = open_listener(listen);
  if (!listener) {
    log::write(log::start_failed, {{"reason", listener.error().what}});
    return 1;
  }
  const auto how = listener->how;
  const auto manager = ServiceManager::from_environment();
  Daemon daemon(config, std::move(*listener), std::move(signals), manager);
  log::write(log::relay_started, {{"listen", listen.for_libmilter()},
                                  {"socket", how},
                                  {"version", PAMS_VERSION},
                                  {"pid", std::to_string(::getpid())}});
  manager.ready();
  daemon.serve();
  log::write(log::relay_stopped, {});
  return 0;
}

}  // namespace pams::milter::relay
