#include "tests/support/notified.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace pams::test {

Notified::Notified(bool is_abstract) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const auto name = (is_abstract ? "@" : "") + (directory_ / "notify");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (is_abstract) address.sun_path[0] = '\0';
  const auto size = offsetof(sockaddr_un, sun_path) + name.size();
  const timeval minute{60, 0};
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) != 0 ||
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute) != 0)
    throw std::runtime_error("no socket to be notified at");
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
}

Notified::~Notified() {
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
}

void Notified::watch(std::chrono::microseconds watchdog) const {
  ::setenv("WATCHDOG_USEC", std::to_string(watchdog.count()).c_str(), 1);
}

std::string Notified::receive(int flags) const {
  std::string packet(4096, '\0');
  const auto got = ::recv(socket_.get(), packet.data(), packet.size(), flags);
  packet.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return packet;
}

std::string Notified::next() const { return receive(0); }

std::string Notified::next_with(const std::string& begin) const {
  while (true) {
    auto packet = next();
    if (packet.empty() || packet.starts_with(begin)) return packet;
  }
}

std::vector<std::string> Notified::all() const {
  std::vector<std::string> packets;
  for (auto packet = receive(MSG_DONTWAIT); !packet.empty(); packet = receive(MSG_DONTWAIT))
    packets.push_back(packet);
  return packets;
}

}  // namespace pams::test
