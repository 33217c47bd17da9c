// Postfix's own view of the milter's socket: as its user, and where smtpd is chrooted, from inside there.
#include <cerrno>
#include <filesystem>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/doctor/account.hpp"
#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

std::optional<Problem> connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Problem{.path = path, .what = "the path is too long for a socket"};
  path.copy(address.sun_path, path.size());
  const Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface is made that way
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return std::nullopt;
  return Problem{errno, path};
}

std::optional<Problem> connect_inet(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); error != 0)
    return Problem{.path = host, .what = gai_strerror(error)};
  std::optional<Problem> problem = Problem{.path = host, .what = "no address"};
  for (const auto* one = found; one != nullptr && problem; one = one->ai_next) {
    const Fd client(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, 0));
    if (connect(client.get(), one->ai_addr, one->ai_addrlen) == 0)
      problem.reset();
    else
      problem = Problem{errno, host + ":" + port};
  }
  freeaddrinfo(found);
  return problem;
}

/// "unix:path" or "inet:host:port", from the directory where Postfix's daemons stand.
std::optional<Problem> connect_to(const std::string& address, const std::string& directory) {
  if (chdir(directory.c_str()) != 0) return Problem{errno, directory};
  if (address.starts_with("unix:")) return connect_unix(address.substr(5));
  const auto colon = address.rfind(':');
  if (!address.starts_with("inet:") || colon < 5)
    return Problem{.path = address, .what = "no unix: or inet: address"};
  return connect_inet(std::string(text::trim(address.substr(5, colon - 5), "[]")), address.substr(colon + 1));
}

std::string remedy_for(const Problem& problem, const Account& postfix, const Listen& listen) {
  const auto directory = std::filesystem::path(listen.unix_path).parent_path().string();
  switch (problem.error) {
    case ENOENT:
    case ECONNREFUSED:
      return "systemctl start pams-milter; journalctl -u pams-milter tells why it does not run";
    case EACCES:
    case EPERM:
      return "chgrp " + group_name(postfix.group) + " " + directory + " && chmod 2710 " + directory +
             " && systemctl restart pams-milter";
    default:
      return "systemctl restart pams-milter; see [milter] listen, and journalctl -u pams-milter";
  }
}

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener, const OurEntry& ours, const Account& postfix) {
  const bool chrooted = services.is_chrooted(*listener.scope);
  const auto& queue = services.queue_directory();
  const auto tried = attempt_as(
      postfix, [&] { return connect_to(ours.entry.address, chrooted ? "/" : queue); }, chrooted ? queue : "");
  if (tried.doubt != Doubt::None) return not_attempted(tried);
  if (!tried.problem) return ok("");
  return failed("user " + postfix.name + (chrooted ? " in the chroot " + queue : "") + " cannot connect to " +
                    ours.entry.address + ": " + tried.problem->text(),
                remedy_for(*tried.problem, postfix, examination.config.settings.listen));
}

Finding run(const Examination& examination) {
  const auto owner = examination.mta.parameter("mail_owner");
  if (!owner) return unanswered(owner.error());
  const auto postfix = account_named(*owner);
  if (!postfix) return failed(postfix.error().what, "dpkg-reconfigure postfix, which makes its user");
  const auto examine_as_postfix = [&](const Examination& asked, const mta::PostfixServices& services,
                                      const MailListener& listener) {
    const auto ours = our_entry(asked, services, listener);
    return ours ? examine(asked, services, listener, *ours, *postfix) : ok("");
  };
  return examine_listeners(examination, examine_as_postfix,
                           "user " + *owner + " reaches the milter's socket");
}

}  // namespace

extern constinit const Check socket_reachable{
    .id = "socket_reachable",
    .why = "While Postfix cannot reach the milter, it answers 451 to all mail.",
    .stops_flagged_mail = true,
    .run = run,
};

}  // namespace pams::milter::doctor
