#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "milter/relay/next_hop.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::relay {
namespace {

using rules::ReportDestination;

Result<smart_host::SocketAddress> address_of(const ReportDestination& destination) {
  smart_host::SocketAddress address;
  sockaddr_un unix_address{};
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  const auto port = htons(static_cast<std::uint16_t>(destination.port));
  const auto set = [&](const auto& from) {
    std::memcpy(&address.bytes, &from, sizeof from);
    address.size = sizeof from;
    return address;
  };
  if (destination.kind == ReportDestination::Kind::UnixSocket) {
    if (destination.path.size() >= sizeof unix_address.sun_path)
      return fail(Failure::Temporary, "the socket's path is too long");
    unix_address.sun_family = AF_UNIX;
    std::memcpy(unix_address.sun_path, destination.path.data(), destination.path.size());
    return set(unix_address);
  }
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = port;
  if (::inet_pton(AF_INET, destination.host.c_str(), &ipv4.sin_addr) == 1) return set(ipv4);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = port;
  if (::inet_pton(AF_INET6, destination.host.c_str(), &ipv6.sin6_addr) == 1) return set(ipv6);
  return fail(Failure::Temporary, "it is no address");
}

std::string name_of(const ReportDestination& destination) {
  if (destination.kind == ReportDestination::Kind::UnixSocket) return "lmtp:unix:" + destination.path;
  const bool is_ipv6 = destination.host.find(':') != std::string::npos;
  return "lmtp:" + (is_ipv6 ? "[" + destination.host + "]" : destination.host) + ":" +
         std::to_string(destination.port);
}

/// LMTP's client side (RFC 2033), in clear: the other end is this machine.
class LmtpHop : public NextHop {
 public:
  LmtpHop(const std::string& name, smart_host::SmtpConnection connection)
      : connection_(std::move(connection)) {
    peer_.host = name;
  }

  const smart_host::Peer& peer() const override { return peer_; }
  bool answers_each() const override { return true; }
  bool offers(std::string_view keyword) const override {
    return std::ranges::any_of(words_, [&](const auto& line) {
      return text::iequals(std::string_view(line).substr(0, line.find(' ')), keyword);
    });
  }
  std::uint64_t size_limit() const override {
    std::uint64_t limit = 0;
    for (const auto& line : words_)
      if (text::istarts_with(line, "SIZE "))
        std::from_chars(line.data() + 5, line.data() + line.size(), limit);
    return limit;
  }
  Status greet(const std::string& helo_name, smart_host::Deadline deadline) {
    auto reply = connection_.read_reply(deadline);
    if (reply && reply->code / 100 == 2) reply = connection_.command("LHLO " + helo_name, deadline);
    if (!reply) return tl::unexpected(reply.error());
    if (reply->code / 100 != 2) return fail(Failure::Temporary, "it answers '" + reply->text() + "'");
    words_ = reply->lines;
    return {};
  }

  Result<smart_host::SmtpReply> command(std::string_view line, smart_host::Deadline deadline) override {
    return connection_.command(line, deadline);
  }
  Status send(std::string_view bytes, smart_host::Deadline deadline) override {
    return connection_.send(bytes, deadline);
  }
  Result<smart_host::SmtpReply> read_reply(smart_host::Deadline deadline) override {
    return connection_.read_reply(deadline);
  }
  void cancel_on(const smart_host::Cancellation& cancellation) override {
    connection_.cancel_on(cancellation);
  }
  bool is_usable() override { return connection_.is_idle(); }
  void quit(smart_host::Deadline deadline) override { (void)connection_.command("QUIT", deadline); }

 private:
  smart_host::SmtpConnection connection_;
  smart_host::Peer peer_;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::unique_ptr<NextHop>> open_lmtp(const ReportDestination& destination, const std::string& helo_name,
                                           const smart_host::Cancellation& cancellation,
                                           smart_host::Deadline deadline) {
  const auto name = name_of(destination);
  const auto address = address_of(destination);
  if (!address) return fail(Failure::Temporary, name + ": " + address.error().what);
  auto connection = smart_host::SmtpConnection::connect(*address, deadline, cancellation);
  if (!connection) return fail(Failure::Temporary, name + ": " + connection.error().what);
  auto hop = std::make_unique<LmtpHop>(name, std::move(*connection));
  if (const auto greeted = hop->greet(helo_name, deadline); !greeted)
    return fail(Failure::Temporary, name + ": " + greeted.error().what);
  return std::unique_ptr<NextHop>(std::move(hop));
}

}  // namespace pams::milter::relay
