#include "milter/base/service_manager.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/base/parse_number.hpp"

namespace pams::milter {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kBetweenStatuses(5);
constexpr milliseconds kNextTry(1000);
constexpr timeval kTimeout{5, 0};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<milliseconds> watchdog() {
  const auto microseconds = leading_number<std::uint64_t>(variable("WATCHDOG_USEC"));
  const auto process = variable("WATCHDOG_PID");
  if (!microseconds || *microseconds == 0) return std::nullopt;
  if (!process.empty() && process != std::to_string(::getpid())) return std::nullopt;
  return std::max(milliseconds(*microseconds / 2000), milliseconds(1));
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  manager.socket_ = variable("NOTIFY_SOCKET");
  if (manager.socket_.size() >= sizeof(sockaddr_un::sun_path)) manager.socket_.clear();
  if (manager.is_there()) manager.alive_every_ = watchdog();
  return manager;
}

void ServiceManager::ready() const { tell("READY=1"); }

void ServiceManager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void ServiceManager::stopping() const { tell("STOPPING=1"); }

void ServiceManager::status(const std::string& line) const {
  auto one_line = line;
  std::ranges::replace(one_line, '\n', ' ');
  tell("STATUS=" + one_line);
}

void ServiceManager::alive() const { tell("WATCHDOG=1"); }

void ServiceManager::tell(const std::string& state) const noexcept {
  if (!is_there()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  // The name of an abstract socket is as long as the address says, without a NUL at its end.
  const auto size = offsetof(sockaddr_un, sun_path) + socket_.size() + (socket_.front() == '@' ? 0 : 1);
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout));
  static_cast<void>(::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)));
}

ServicePulse::ServicePulse(const ServiceManager& manager, Looks looks, Clock clock)
    : manager_(manager), looks_(std::move(looks)), clock_(std::move(clock)) {
  status_at_ = alive_at_ = clock_();
}

int ServicePulse::may_wait() const {
  if (!manager_.is_there()) return -1;
  const auto next = manager_.alive_every() ? std::min(status_at_, alive_at_) : status_at_;
  return static_cast<int>(std::max(std::chrono::ceil<milliseconds>(next - clock_()).count(), 0L));
}

void ServicePulse::tell_what_is_due() {
  if (!manager_.is_there()) return;
  if (manager_.alive_every() && clock_() >= alive_at_) {
    const bool is_alive = looks_.is_alive();
    if (is_alive) manager_.alive();
    // A burst of connections is no death: there is time for further tries before the watchdog ends.
    alive_at_ = clock_() + (is_alive ? *manager_.alive_every() : std::min(*manager_.alive_every(), kNextTry));
  }
  if (clock_() < status_at_) return;
  status_at_ = clock_() + kBetweenStatuses;
  if (const auto status = looks_.status(); status != told_) {
    manager_.status(status);
    told_ = status;
  }
}

}  // namespace pams::milter
