#include "milter/relay/next_hop.hpp"
#include "milter/smart_host/password.hpp"

namespace pams::milter::relay {
namespace {

constexpr std::chrono::minutes kProofLasts(1);

class SmartHostHop : public NextHop {
 public:
  explicit SmartHostHop(VerifiedConnection connection) : connection_(std::move(connection)) {}

  const Peer& peer() const override { return connection_.peer(); }
  bool answers_each() const override { return false; }
  bool offers(std::string_view keyword) const override { return connection_.offers(keyword); }
  std::uint64_t size_limit() const override { return connection_.size_limit(); }
  Result<SmtpReply> command(std::string_view line, Deadline deadline) override {
    return connection_.command(line, deadline);
  }
  Status send(std::string_view bytes, Deadline deadline) override {
    return connection_.send(bytes, deadline);
  }
  Result<SmtpReply> read_reply(Deadline deadline) override { return connection_.read_reply(deadline); }
  void cancel_on(int descriptor) override { connection_.cancel_on({-1, descriptor}); }
  /// The proof grows old: the authorities that are believed may be other ones by now.
  bool is_usable() override {
    return std::chrono::steady_clock::now() - proven_ < kProofLasts && connection_.is_usable();
  }
  void quit(Deadline deadline) override { connection_.quit(deadline); }

 private:
  VerifiedConnection connection_;
  const std::chrono::steady_clock::time_point proven_ = std::chrono::steady_clock::now();
};

}  // namespace

Result<std::unique_ptr<NextHop>> open_smart_host(const rules::OutboundConnector& connector,
                                                 const rules::SmartHost& host, const std::string& helo_name,
                                                 int cancel, Deadline deadline) {
  Result<std::string> password = std::string();
  if (!connector.username.empty()) password = read_password(connector);
  auto connection =
      VerifiedConnection::open(connector, host, {helo_name, std::move(password), {-1, cancel}}, deadline);
  if (!connection) return tl::unexpected(connection.error());
  return std::unique_ptr<NextHop>(std::make_unique<SmartHostHop>(std::move(*connection)));
}

}  // namespace pams::milter::relay
