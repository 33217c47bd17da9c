// Asks the relay for its greeting, as the MTA does. Hands nothing over.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::chrono::seconds kTimeout(5);
constexpr std::size_t kLongestGreeting = 512;  // RFC 5321 4.5.3.1.5

tl::unexpected<Error> errno_error(const std::string& where) {
  return fail(Failure::Temporary, where + ": " + std::strerror(errno));
}

Result<Fd> connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Failure::Misconfigured, path + ": too long for a socket");
  path.copy(address.sun_path, path.size());
  Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface is made that way
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error(path);
  return client;
}

/// On loopback a connection is there or refused at once; EINPROGRESS shows itself when the greeting is read.
Result<Fd> connect_inet(const Listen& listen) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto host = listen.host.empty() ? std::string("localhost") : listen.host;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(listen.port).c_str(), &wanted, &found);
      error != 0)
    return fail(Failure::Misconfigured, host + ": " + gai_strerror(error));
  Fd client(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool connects = connect(client.get(), found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS;
  freeaddrinfo(found);
  if (!connects) return errno_error(listen.for_postfix());
  return client;
}

/// The first line that comes within the timeout.
Result<std::string> greeting(const Fd& client, const std::string& where) {
  const auto until = std::chrono::steady_clock::now() + kTimeout;
  std::string text;
  while (text.find('\n') == std::string::npos && text.size() < kLongestGreeting) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd readable{client.get(), POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0)
      return fail(Failure::Temporary, where + " does not greet");
    std::array<char, kLongestGreeting> part{};
    const auto got = read(client.get(), part.data(), part.size());
    if (got < 0) return errno_error(where);
    if (got == 0) return fail(Failure::Temporary, where + " hangs up");
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return std::string(text::trim_right(text.substr(0, text.find('\n'))));
}

Finding run(const Examination& examination) {
  const auto& listen = examination.config.settings.relay.listen;
  const auto where = listen.for_postfix();
  const auto client = listen.unix_path.empty() ? connect_inet(listen) : connect_unix(listen.unix_path);
  const auto said = client ? greeting(*client, where) : tl::unexpected(client.error());
  constexpr const char* kStart = "systemctl start pams-relay";
  if (!said) {
    auto finding = unanswered(said.error());
    finding.remedy = kStart;
    return finding;
  }
  if (said->starts_with("220")) return ok(where + " greets");
  return failed(where + " answers '" + text::printable(*said) + "'", kStart);
}

}  // namespace

extern constinit const Check relay{
    .id = "relay",
    .why = "What is sealed waits in the queue until pams-relay takes it.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
