#include <boost/test/unit_test.hpp>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "milter/relay/server.hpp"
#include "tests/support/relay_fixture.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;
namespace {

using pams::test::operator""_eml;

const std::string kMessage = R"(
Subject: report

Hello
)"_eml;

BOOST_FIXTURE_TEST_SUITE(relay_session, RelayFixture)

BOOST_AUTO_TEST_CASE(offers_what_a_carrier_needs) {
  const auto offered = Mta(*services).ask("LHLO mta.example.org");
  for (const auto* word : {"PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"})
    BOOST_TEST(offered.find(std::string("250-") + word) != std::string::npos, offered);
  BOOST_TEST(offered.ends_with("250 SIZE"), "with a number Postfix bounces by itself: " << offered);
}

BOOST_AUTO_TEST_CASE(commands_out_of_order_are_refused) {
  Mta mta(*services);
  BOOST_TEST(mta.ask("MAIL FROM:<a@example.org>").starts_with("451 "));
  BOOST_TEST(mta.ask("EHLO x").starts_with("451 "));
  mta.ask("LHLO x");
  BOOST_TEST(mta.ask("RCPT TO:<a@example.org>").starts_with("451 "));
  BOOST_TEST(mta.ask("DATA").starts_with("451 "));
  BOOST_TEST(mta.ask("MAIL FROM:<a@example.org> X=1").starts_with("451 4.5.4 "));
  BOOST_TEST(mta.ask("MAIL FROM:<a@example.org> SIZE=99999999999").starts_with("452 4.3.1 "));
  BOOST_TEST(mta.ask("MAIL FROM:<> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=x").starts_with("250 "));
  BOOST_TEST(mta.ask("RCPT TO:<>").starts_with("451 4.5.4 "));
  BOOST_TEST(mta.ask("DATA").starts_with("451 "));
  BOOST_TEST(mta.ask("RSET").starts_with("250 "));
  BOOST_TEST(mta.ask("NOOP").starts_with("250 "));
  BOOST_TEST(mta.ask("VRFY a").starts_with("252 "));
  BOOST_TEST(mta.ask("QUIT").starts_with("221 "));
  BOOST_TEST(mta.reply() == "");
}

BOOST_AUTO_TEST_CASE(a_line_without_an_end_ends_the_session) {
  Mta mta(*services);
  mta.send(std::string(10'000, 'x'));
  BOOST_TEST(mta.reply().starts_with("421 4.5.2 "));
  BOOST_TEST(mta.reply() == "");
}

BOOST_AUTO_TEST_CASE(a_bare_line_feed_ends_no_command) {
  Mta mta(*services);
  BOOST_TEST(mta.ask("LHLO x\nMAIL FROM:<a@example.org>").starts_with("451 4.5.2 "));
  BOOST_TEST(mta.ask(std::string("NOOP\0", 5)).starts_with("451 4.5.2 "));
}

BOOST_AUTO_TEST_CASE(garbage_is_borne_for_a_while) {
  Mta mta(*services);
  std::string last;
  for (int i = 0; i < 30; ++i) {
    const auto reply = mta.ask("\xFF\xFE garbage");
    if (reply.empty()) break;
    last = reply;
  }
  BOOST_TEST(mta.reply() == "");
  BOOST_TEST(last.starts_with("421 4.7.0 "), last);
}

BOOST_AUTO_TEST_CASE(recipients_are_limited) {
  config->policy.limits.recipients = 2;
  reconfigure();
  Mta mta(*services);
  mta.envelope({"a@example.com", "b@example.com"});
  BOOST_TEST(mta.ask("RCPT TO:<c@example.com>").starts_with("452 4.5.3 "));
}

BOOST_AUTO_TEST_CASE(commands_may_come_in_one_piece) {
  Mta mta(*services);
  mta.send(
      "LHLO x\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
  for (const auto* code : {"250-", "250 ", "250 ", "250 ", "354 "}) BOOST_TEST(mta.reply().starts_with(code));
  mta.send(with_dots(carrier(kMessage, contents({"a@example.com", "b@example.com"}))) + ".\r\nQUIT\r\n");
  for (const auto* code : {"250 ", "250 ", "221 "}) BOOST_TEST(mta.reply().starts_with(code));
}

BOOST_AUTO_TEST_CASE(a_carrier_that_became_too_large_waits) {
  config->policy.connectors.front().max_message_size = 1000;
  reconfigure();
  const auto large = carrier(kMessage + std::string(3'000'000, 'x'), contents({"a@example.com"}));
  BOOST_TEST(Mta(*services).deliver(large, {"a@example.com"})[0].starts_with("452 4.3.1 "));
  BOOST_TEST(peer.messages().empty());
}

BOOST_AUTO_TEST_CASE(a_key_file_that_cannot_be_read_lets_the_mta_come_again) {
  config->settings.seal_key_file = directory / "missing";
  reconfigure();
  Mta mta(*services);
  mta.envelope({"a@example.com"});
  BOOST_TEST(mta.ask("DATA").starts_with("451 4.3.5 "));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_what_the_smart_host_does_not_have_yet_at_once) {
  const Fd stop(::eventfd(0, EFD_CLOEXEC));
  // The smart host hears of it when the first chunk of the seal is open.
  const auto sealed = with_dots(carrier(kMessage + std::string(300'000, 'x'), contents({"a@example.com"})));
  Mta idle(*services, stop.get()), begun(*services, stop.get()), half(*services, stop.get());
  begun.envelope({"a@example.com"});
  half.envelope({"a@example.com"});
  half.ask("DATA");
  half.send(sealed.substr(0, sealed.size() - 10));
  peer.wait_for(TlsPeer::Stage::Data);
  ::eventfd_write(stop.get(), 1);
  for (auto* mta : {&idle, &begun, &half}) {
    BOOST_TEST(mta->reply().starts_with("421 4.3.2 "));
    BOOST_TEST(mta->reply() == "");
    mta->join();
  }
  BOOST_TEST(peer.messages().empty());
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_a_smart_host_that_is_silent_before_the_content) {
  const Fd stop(::eventfd(0, EFD_CLOEXEC));
  peer.answer(TlsPeer::Stage::Mail, {"", TlsPeer::Then::Hang});
  Mta mta(*services, stop.get());
  mta.envelope({"a@example.com"});
  mta.ask("DATA");
  mta.send(with_dots(carrier(kMessage, contents({"a@example.com"}))) + ".\r\n");
  peer.wait_for(TlsPeer::Stage::Mail);
  ::eventfd_write(stop.get(), 1);
  BOOST_TEST(mta.reply().starts_with("451 "));
  BOOST_TEST(mta.reply().starts_with("421 4.3.2 "));
  mta.join();
}

BOOST_AUTO_TEST_CASE(a_stop_finishes_what_the_smart_host_may_have) {
  const Fd stop(::eventfd(0, EFD_CLOEXEC));
  TlsPeer::Script script;
  script.hook = [&](TlsPeer::Stage stage, const std::string&) -> TlsPeer::Answer {
    if (stage == TlsPeer::Stage::EndOfData) ::eventfd_write(stop.get(), 1);
    return {};
  };
  RelayFixture other(script);
  Mta mta(*other.services, stop.get());
  BOOST_TEST(
      mta.deliver(other.carrier(kMessage, contents({"a@example.com"})), {"a@example.com"})[0].starts_with(
          "250 2.0.0 "));
  BOOST_TEST(mta.reply().starts_with("421 4.3.2 "));
  BOOST_TEST(other.peer.messages().size() == 1U);
}

BOOST_AUTO_TEST_CASE(sessions_above_the_limit_are_told_to_come_again) {
  config->settings.relay.max_sessions = 1;
  const auto shared = std::make_shared<RelayServices>(config);
  Server server(shared);
  const auto connect = [&] {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    server.take(Fd(ends[1]));
    return Fd(ends[0]);
  };
  const auto first_word = [](const Fd& socket) {
    char block[512];
    const auto count = ::recv(socket.get(), block, sizeof block, 0);
    return std::string(block, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  };
  const auto one = connect();
  const auto two = connect();
  BOOST_TEST(first_word(one).starts_with("220 "));
  BOOST_TEST(first_word(two).starts_with("421 4.3.2 "));
  BOOST_TEST(server.stop(std::chrono::seconds(30)));
}

/// What takes reports: another relay's session would not do, it takes carriers only.
class LmtpServer {
 public:
  explicit LmtpServer(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(::listen(listener_.get(), 1) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~LmtpServer() { thread_.join(); }
  std::vector<std::string> lines;

 private:
  void serve() {
    LineConnection wire(Fd(::accept(listener_.get(), nullptr, nullptr)));
    const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto say = [&](const std::string& line) { wire.send(line + "\r\n", soon); };
    say("220 mailbox LMTP");
    bool in_data = false;
    for (auto line = wire.read_line(soon, 10'000); line.outcome == LineConnection::IoResult::Done;
         line = wire.read_line(soon, 10'000)) {
      lines.push_back(line.text);
      if (in_data && line.text != ".") continue;
      if (in_data) {
        in_data = false;
        say("250 2.1.5 stored");
      } else if (line.text == "DATA") {
        in_data = true;
        say("354 go");
      } else {
        say(line.text.starts_with("LHLO") ? "250-mailbox\r\n250 8BITMIME" : "250 fine");
      }
    }
  }
  Fd listener_;
  std::thread thread_;
};

BOOST_AUTO_TEST_CASE(a_report_goes_once_to_its_lmtp_server_whoever_is_asked_for) {
  auto& destination = config->policy.journal.deliver_to;
  destination.kind = rules::ReportDestination::Kind::UnixSocket;
  destination.path = directory / "mailbox.sock";
  reconfigure();
  LmtpServer server(destination.path);
  auto sealed = contents({"journal@example.org", "alternate@example.org"});
  sealed.kind = seal::Contents::Kind::JournalReport;
  sealed.connector = "";
  sealed.sender = "";
  const auto wire = carrier(kMessage, sealed);
  const auto replies = Mta(*services).deliver(wire, {"journal@example.org", "alternate@example.org"});
  for (const auto& reply : replies)
    BOOST_TEST(reply == "250 2.1.5 lmtp:unix:" + destination.path + ": 250 2.1.5 stored");
  BOOST_TEST(recorded(wire, "journal@example.org").has_value());
  BOOST_TEST(!recorded(wire, "alternate@example.org").has_value());
}

BOOST_AUTO_TEST_CASE(a_report_without_a_destination_waits) {
  auto sealed = contents({"journal@example.org"});
  sealed.kind = seal::Contents::Kind::JournalReport;
  const auto replies = Mta(*services).deliver(carrier(kMessage, sealed), {"journal@example.org"});
  BOOST_TEST(replies[0].starts_with("451 4.3.5 journal.deliver_to"), replies[0]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
