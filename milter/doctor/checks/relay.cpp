// Asks the relay for its greeting, as the MTA does. Hands nothing over.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

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

/// What was met; `remedy` is for this alone.
struct Fault {
  std::string seen;
  std::string remedy;
  Doubt doubt = Doubt::None;
};

constexpr const char* kStart =
    "systemctl start pams-relay; journalctl -u pams-relay tells why it does not run";
constexpr const char* kRestart =
    "systemctl restart pams-relay; journalctl -u pams-relay tells what holds it up";

tl::unexpected<Fault> not_connected(const std::string& where, const std::string& directory) {
  const int error = errno;
  auto seen = where + ": " + std::strerror(error);
  if (error != EACCES && error != EPERM) return tl::unexpected(Fault{std::move(seen), kStart});
  return tl::unexpected(Fault{std::move(seen), "chmod o+x " + directory, Doubt::NotAllowed});
}

using Client = tl::expected<Fd, Fault>;

Client connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return tl::unexpected(Fault{path + ": too long for a socket", "set [relay] listen to a shorter path"});
  path.copy(address.sun_path, path.size());
  Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface is made that way
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return not_connected(path, std::filesystem::path(path).parent_path().string());
  return client;
}

/// On loopback a connection is there or refused at once; EINPROGRESS shows itself when the greeting is read.
Client connect_inet(const Listen& listen) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto host = listen.host.empty() ? std::string("localhost") : listen.host;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(listen.port).c_str(), &wanted, &found);
      error != 0)
    return tl::unexpected(Fault{host + ": " + gai_strerror(error), "write an address into [relay] listen"});
  Fd client(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool connects = connect(client.get(), found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS;
  freeaddrinfo(found);
  if (!connects) return not_connected(listen.for_postfix(), "");
  return client;
}

/// The first line that comes within the timeout.
tl::expected<std::string, Fault> greeting(const Fd& client, const std::string& where) {
  const auto until = std::chrono::steady_clock::now() + kTimeout;
  std::string text;
  while (text.find('\n') == std::string::npos && text.size() < kLongestGreeting) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd readable{client.get(), POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0)
      return tl::unexpected(Fault{where + " does not greet", kRestart});
    std::array<char, kLongestGreeting> part{};
    const auto got = read(client.get(), part.data(), part.size());
    if (got < 0) return tl::unexpected(Fault{where + ": " + std::strerror(errno), kStart});
    if (got == 0) return tl::unexpected(Fault{where + " hangs up", kRestart});
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return std::string(text::trim_right(text.substr(0, text.find('\n'))));
}

std::string remedy_for(const std::string& said) {
  if (said.starts_with("421")) return "raise [relay] max_sessions, and systemctl reload pams-relay";
  return "give the relay an address of its own ([relay] listen): another program answers there";
}

Finding run(const Examination& examination) {
  const auto& listen = examination.config.settings.relay.listen;
  const auto where = listen.for_postfix();
  const auto client = listen.unix_path.empty() ? connect_inet(listen) : connect_unix(listen.unix_path);
  const auto said = client ? greeting(*client, where) : tl::unexpected(client.error());
  if (!said) {
    auto finding = failed(said.error().seen, said.error().remedy);
    finding.doubt = said.error().doubt;
    return finding;
  }
  if (said->starts_with("220")) return ok(where + " greets");
  return failed(where + " answers '" + text::printable(*said) + "'", remedy_for(*said));
}

}  // namespace

extern constinit const Check relay{
    .id = "relay",
    .why = "What is sealed waits in the queue until pams-relay takes it.",
    .stops_flagged_mail = true,
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
