#include "tests/support/relay_fixture.hpp"

#include <stdexcept>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>

#include "rules/base/text.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;
namespace {

constexpr std::chrono::sys_seconds kThen{std::chrono::seconds(1'800'000'000)};

std::string seal_id_of(const std::string& carrier) {
  const auto at = carrier.find("id=");
  return carrier.substr(at + 3, 32);
}

}  // namespace

std::string with_dots(std::string_view content) {
  std::string out;
  for (const char c : content) {
    if (c == '.' && (out.empty() || out.back() == '\n')) out += '.';
    out += c;
  }
  return out;
}

Mta::Mta(RelayServices& services, int stop) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
  socket_ = Fd(ends[0]);
  session_ = std::thread([&services, stop, end = ends[1]] { LmtpSession(services, Fd(end), stop).run(); });
  BOOST_TEST(reply().starts_with("220 "));
}

Mta::~Mta() {
  hang_up();
  join();
}

void Mta::hang_up() { socket_ = Fd(); }

void Mta::join() {
  if (session_.joinable()) session_.join();
}

void Mta::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the relay has hung up: its reply tells why
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string Mta::reply() {
  std::string whole;
  for (;;) {
    const auto end = unread_.find("\r\n");
    if (end == std::string::npos) {
      char block[4096];
      const auto count = ::recv(socket_.get(), block, sizeof block, 0);
      if (count <= 0) return whole;
      unread_.append(block, static_cast<std::size_t>(count));
      continue;
    }
    const auto line = unread_.substr(0, end);
    unread_.erase(0, end + 2);
    whole += (whole.empty() ? "" : "\n") + line;
    if (line.size() < 4 || line[3] != '-') return whole;
  }
}

std::string Mta::ask(const std::string& line) {
  send(line + "\r\n");
  return reply();
}

void Mta::envelope(const std::vector<std::string>& recipients, const std::string& mail) {
  BOOST_TEST(ask("LHLO mta.example.org").starts_with("250"));
  BOOST_TEST(ask(mail).starts_with("250"));
  for (const auto& recipient : recipients)
    BOOST_TEST(ask("RCPT TO:" + (recipient.starts_with('<') ? recipient : "<" + recipient + ">"))
                   .starts_with("250"));
}

std::vector<std::string> Mta::deliver(const std::string& carrier, const std::vector<std::string>& recipients,
                                      const std::string& mail) {
  envelope(recipients, mail);
  BOOST_TEST(ask("DATA").starts_with("354"));
  send(with_dots(carrier) + ".\r\n");
  std::vector<std::string> replies;
  for (std::size_t i = 0; i < recipients.size(); ++i) replies.push_back(reply());
  return replies;
}

RelayFixture::RelayFixture(TlsPeer::Script script)
    : peer(std::move(script)), config(std::make_shared<Config>()) {
  auto& settings = config->settings;
  settings.seal_key_file = directory / "seal.key";
  settings.trace.path = directory / "trace.db";
  rules::OutboundConnector connector;
  connector.name = "Zivver";
  connector.smart_hosts = {{"127.0.0.1", peer.port()}};
  connector.tls_domain = pams::test::kPeerName;
  connector.tls_ca_file = peer.ca_file();
  connector.max_message_size = 10U << 20U;
  config->policy.connectors.push_back(connector);
  if (!seal::ensure_key_file(settings.seal_key_file, kThen, static_cast<unsigned>(-1),
                             static_cast<unsigned>(-1)))
    throw std::runtime_error("no key");
  services = std::make_unique<RelayServices>(config);
}

void RelayFixture::reconfigure() { services->use(std::make_shared<Config>(*config)); }

void RelayFixture::add_smart_hosts(const std::vector<rules::SmartHost>& hosts) {
  auto& all = config->policy.connectors.front().smart_hosts;
  all.insert(all.begin(), hosts.begin(), hosts.end());
  reconfigure();
}

seal::Contents RelayFixture::contents(const std::vector<std::string>& recipients) {
  seal::Contents contents;
  contents.connector = "Zivver";
  contents.sender = "s@example.org";
  for (const auto& recipient : recipients) contents.recipients.push_back({recipient, ""});
  contents.queue_id = "4QUEUE";
  contents.sealed_at = kThen;
  return contents;
}

std::string RelayFixture::carrier(const std::string& message, seal::Contents contents) const {
  return carrier(seal::KeyRing::read(config->settings.seal_key_file).value().current(), message,
                 std::move(contents));
}

std::string RelayFixture::carrier(const seal::Key& key, const std::string& message,
                                  seal::Contents contents) const {
  const auto parsed = parse_message(message);
  seal::measure(parsed, contents);
  seal::CarrierWriter writer(key, contents, parsed, {"pams", "smtp.zivver.com", false, kThen});
  auto wire = kReceived + Headers(writer.header()).wire() + "\r\n";
  const auto written = writer.write_body([&](std::string_view bytes) -> Status {
    wire += bytes;
    return {};
  });
  BOOST_TEST_REQUIRE(written.has_value());
  return wire;
}

std::optional<trace::RelayDelivery> RelayFixture::recorded(const std::string& carrier,
                                                           const std::string& recipient) {
  return services->ledger.sent(ledger_path(*config), seal_id_of(carrier), recipient).value();
}

}  // namespace pams::test
