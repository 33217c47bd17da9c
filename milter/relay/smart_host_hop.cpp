#include "milter/relay/next_hop.hpp"
#include "milter/smart_host/password.hpp"

namespace pams::milter::relay {
namespace {

constexpr std::chrono::minutes kProofLasts(1);

class SmartHostHop : public NextHop {
 public:
  explicit SmartHostHop(smart_host::VerifiedConnection connection) : connection_(std::move(connection)) {}

  const smart_host::Peer& peer() const override { return connection_.peer(); }
  bool answers_each() const override { return false; }
  bool offers(std::string_view keyword) const override { return connection_.offers(keyword); }
  std::uint64_t size_limit() const override { return connection_.size_limit(); }
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
  /// The proof grows old: the authorities that are believed may be other ones by now.
  bool is_usable() override {
    return std::chrono::steady_clock::now() - proven_ < kProofLasts && connection_.is_usable();
  }
  void quit(smart_host::Deadline deadline) override { connection_.quit(deadline); }

 private:
  smart_host::VerifiedConnection connection_;
  const std::chrono::steady_clock::time_point proven_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<std::unique_ptr<NextHop>> open_smart_host(const rules::OutboundConnector& connector,
                                                 const rules::SmartHost& host, const std::string& helo_name,
                                                 const smart_host::Cancellation& cancellation,
                                                 smart_host::Deadline deadline) {
  Result<std::string> password = std::string();
  if (!connector.username.empty()) password = smart_host::read_password(connector);
  auto connection = smart_host::VerifiedConnection::open(
      connector, host, {helo_name, std::move(password), cancellation}, deadline);
  if (!connection) return tl::unexpected(connection.error());
  return std::unique_ptr<NextHop>(std::make_unique<SmartHostHop>(std::move(*connection)));
}

}  // namespace pams::milter::relay
