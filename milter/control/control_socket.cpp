#include "milter/control/control_socket.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "milter/base/unix_socket.hpp"

namespace pams::milter::control {
namespace {

constexpr int kWaiting = 16;                        // requests that wait while one is served
constexpr std::size_t kLongestRequest = 8 * 1024;   // PATH_MAX and some
constexpr std::size_t kLongestAnswer = 64 * 1024;   // well below a socket's usual buffer of 208 KB
constexpr std::chrono::seconds kRequestTimeout{5};  // pamsctl says what it wants as soon as it is connected
constexpr std::string_view kReload = "reload ";
constexpr std::string_view kReloaded = "reloaded\n";
constexpr std::string_view kRefused = "refused\n";
constexpr std::string_view kStatus = "status";

std::string reason() { return std::strerror(errno); }

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// On connect, send and receive.
void limit_waiting(const Fd& socket, std::chrono::seconds timeout) {
  const timeval limit{timeout.count(), 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
    static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, option, &limit, sizeof limit));
}

/// One packet; "" at the end of the connection, on an error (errno) and for a packet that is longer.
std::string receive(const Fd& socket, std::size_t longest) {
  std::string packet(longest + 1, '\0');
  errno = 0;
  const auto got = ::recv(socket.get(), packet.data(), packet.size(), 0);
  packet.resize(got <= 0 || static_cast<std::size_t>(got) > longest ? 0 : static_cast<std::size_t>(got));
  return packet;
}

bool send(const Fd& socket, std::string_view packet) {
  return ::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(packet.size());
}

tl::unexpected<Error> unreachable(const std::string& path) {
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
    return fail(Failure::Misconfigured, "no pams-milter is running that answers at " + path);
  if (errno == EACCES || errno == EPERM)
    return fail(Failure::Refused,
                "only root and the milter's user may ask it (" + path + ": Permission denied)");
  return fail(Failure::Temporary, "cannot ask the milter at " + path + ": " + reason());
}

tl::unexpected<Error> unanswered(std::chrono::seconds timeout) {
  if (errno == EAGAIN || errno == EWOULDBLOCK)
    return fail(Failure::Temporary, "the milter has not answered within " + std::to_string(timeout.count()) +
                                        " s; its log tells what comes of it");
  return fail(Failure::Temporary, "the milter went away without an answer; its log tells why");
}

}  // namespace

std::string control_socket_path() {
  const char* given = std::getenv("RUNTIME_DIRECTORY");
  std::string directory = given == nullptr ? "" : given;
  directory.resize(std::min(directory.size(), directory.find(':')));  // systemd lists several like a PATH
  return (directory.empty() ? "/run/pams-milter" : directory) + "/control";
}

Result<Fd> open_control_socket(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return fail(Failure::Misconfigured, path + " is too long for a socket");
  if (const auto cleared = clear_stale_socket(path, SOCK_SEQPACKET); !cleared)
    return tl::unexpected(cleared.error());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Linux gives the file the socket's own mode: it never stands there with another one.
  if (!socket || ::fchmod(socket.get(), 0600) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::listen(socket.get(), kWaiting) != 0)
    return fail(Failure::Misconfigured, "cannot listen at " + path + ": " + reason());
  return socket;
}

ControlRequest take_request(const Fd& listener) {
  ControlRequest request;
  request.connection = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!request.connection) return request;
  limit_waiting(request.connection, kRequestTimeout);
  const auto packet = receive(request.connection, kLongestRequest);
  if (packet == kStatus) request.kind = ControlRequest::Kind::Status;
  if (!packet.starts_with(kReload)) return request;
  request.kind = ControlRequest::Kind::Reload;
  request.config_file = packet.substr(kReload.size());
  return request;
}

void give_answer(const Fd& connection, const ControlAnswer& answer) {
  auto packet = std::string(answer.reloaded ? kReloaded : kRefused) + answer.text;
  if (packet.size() > kLongestAnswer)
    packet.replace(kLongestAnswer - 32, packet.npos, "\n... (the log has the rest)\n");
  static_cast<void>(send(connection, packet));  // whoever went away reads the log
}

void give_status(const Fd& connection, const std::string& json) { static_cast<void>(send(connection, json)); }

namespace {

/// The packet that answers `request`.
Result<std::string> asked(const std::string& path, const std::string& request, std::chrono::seconds timeout) {
  const auto address = address_of(path);
  if (!address) return fail(Failure::Misconfigured, path + " is too long for a socket");
  const Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  limit_waiting(socket, timeout);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return errno == EAGAIN ? unanswered(timeout) : unreachable(path);
  if (!send(socket, request)) return unanswered(timeout);
  auto packet = receive(socket, kLongestAnswer);
  if (packet.empty()) return unanswered(timeout);
  return packet;
}

}  // namespace

Result<ControlAnswer> ask_to_reload(const std::string& path, const std::string& config_file,
                                    std::chrono::seconds timeout) {
  const auto packet = asked(path, std::string(kReload) + config_file, timeout);
  if (!packet) return tl::unexpected(packet.error());
  if (packet->starts_with(kReloaded)) return ControlAnswer{true, packet->substr(kReloaded.size())};
  if (packet->starts_with(kRefused)) return ControlAnswer{false, packet->substr(kRefused.size())};
  errno = 0;
  return unanswered(timeout);
}

Result<std::string> ask_for_status(const std::string& path, std::chrono::seconds timeout) {
  return asked(path, std::string(kStatus), timeout);
}

}  // namespace pams::milter::control
