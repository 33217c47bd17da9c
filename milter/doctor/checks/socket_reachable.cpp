// Postfix's own view of the milter's socket: as its user, and where smtpd is chrooted, from inside there.
#include <cerrno>
#include <cstring>
#include <set>

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

std::string connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return "the path is too long for a socket";
  path.copy(address.sun_path, path.size());
  const Fd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface is made that way
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return "";
  return std::strerror(errno);
}

std::string connect_inet(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &wanted, &found); error != 0)
    return gai_strerror(error);
  std::string problem = "no address";
  for (const auto* one = found; one != nullptr && !problem.empty(); one = one->ai_next) {
    const Fd client(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, 0));
    problem = connect(client.get(), one->ai_addr, one->ai_addrlen) == 0 ? "" : std::strerror(errno);
  }
  freeaddrinfo(found);
  return problem;
}

/// "unix:path" or "inet:host:port", from the directory where Postfix's daemons stand.
std::string connect_to(const std::string& address, const std::string& directory) {
  if (chdir(directory.c_str()) != 0) return directory + ": " + std::strerror(errno);
  if (address.starts_with("unix:")) return connect_unix(address.substr(5));
  const auto colon = address.rfind(':');
  if (!address.starts_with("inet:") || colon < 5) return "no unix: or inet: address";
  return connect_inet(std::string(text::trim(address.substr(5, colon - 5), "[]")), address.substr(colon + 1));
}

Finding examine(const mta::PostfixServices& services, const MailListener& listener, const OurEntry& ours,
                const Account& postfix) {
  const bool chrooted = services.is_chrooted(*listener.scope);
  const auto& queue = services.queue_directory();
  const auto problem = attempt_as(
      postfix, [&] { return connect_to(ours.entry.address, chrooted ? "/" : queue); }, chrooted ? queue : "");
  if (!problem) return unanswered(problem.error());
  if (problem->empty()) return ok("");
  return failed(
      "user " + postfix.name + (chrooted ? " in the chroot " + queue : "") + " cannot connect to " +
          ours.entry.address + ": " + *problem,
      "systemctl status pams-milter; the socket's directory must be of mode 2710 and group " + postfix.name);
}

Finding run(const Examination& examination) {
  const auto owner = examination.mta.parameter("mail_owner");
  if (!owner) return unanswered(owner.error());
  const auto postfix = account_named(*owner);
  if (!postfix) return unanswered(postfix.error());
  const auto examine_as_postfix = [&](const Examination& asked, const mta::PostfixServices& services,
                                      const MailListener& listener) {
    const auto ours = our_entry(asked, services, listener);
    return ours ? examine(services, listener, *ours, *postfix) : ok("");
  };
  return examine_listeners(examination, examine_as_postfix,
                           "user " + *owner + " reaches the milter's socket");
}

}  // namespace

extern constinit const Check socket_reachable{
    .id = "socket_reachable",
    .why = "While Postfix cannot reach the milter, it answers 451 to all mail.",
    .run = run,
};

}  // namespace pams::milter::doctor
