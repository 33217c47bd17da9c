#include "milter/daemon/libmilter.hpp"

#include <csignal>
#include <future>

#include <libmilter/mfapi.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/daemon/listen_socket.hpp"
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
/// Ends poll(2) and sleep(3) in the thread that gets it; ignored by everybody else.
constexpr int kInterrupt = SIGURG;
constexpr int kAgain = 10;  // milliseconds

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

Status opened(const Listen& listen) {
  // Nobody connects before the mode is what it shall be.
  const auto former = ::umask(0177);
  const bool open = smfi_opensocket(false) == MI_SUCCESS;
  ::umask(former);
  if (!open)
    return fail(
        Failure::Misconfigured,
        "libmilter cannot listen at " + listen.for_libmilter() + " (its own words are in the system log)" +
            (listen.unix_path.empty() ? "; remedy: end the program that listens there, ss -ltnp 'sport = :" +
                                            std::to_string(listen.port) + "' names it"
                                      : ""));
  return {};
}

void install_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;  // poll is never restarted
  ::sigaction(kInterrupt, &action, nullptr);
}

}  // namespace

Libmilter::Libmilter(Listen listen)
    : listen_(std::move(listen)), ended_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<std::string> Libmilter::open() {
  const auto made =
      may_listen(listen_).and_then([&] { return registered(listen_.for_libmilter()); }).and_then([&] {
        return opened(listen_);
      });
  if (!made) return tl::unexpected(made.error());
  is_open_ = true;
  return prepare_socket(listen_);
}

void Libmilter::serve() {
  thread_ = std::thread([this] {
    smfi_main();
    ::eventfd_write(ended_.get(), 1);
  });
}

void Libmilter::stop() {
  if (thread_.joinable()) stop_listener();
  if (is_open_) remove_socket(listen_);  // libmilter leaves it when it runs as root
  is_open_ = false;
}

/// libmilter's listener looks whether it shall stop whenever poll(2) returns, after 5 seconds by itself, and
/// smfi_stop waits until then for a lock. A connection would free it too; but one that comes after
/// libmilter's workers have stopped makes the listener sleep. A signal that comes just before poll(2) does
/// nothing, hence again and again.
void Libmilter::stop_listener() {
  install_interrupt();
  const auto stopped = std::async(std::launch::async, smfi_stop);
  pollfd end{ended_.get(), POLLIN, 0};
  while (::poll(&end, 1, kAgain) != 1) ::pthread_kill(thread_.native_handle(), kInterrupt);
  thread_.join();
  stopped.wait();
}

}  // namespace pams::milter::daemon
