#include "milter/smart_host/verified_connection.hpp"

#include <algorithm>
#include <future>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "milter/base/fd.hpp"
#include "rules/base/text.hpp"
#include "tests/support/tls_peer.hpp"

using namespace pams;
using namespace pams::milter;
using pams::test::PeerCertificate;
using pams::test::TlsPeer;
using Stage = TlsPeer::Stage;
using Then = TlsPeer::Then;
namespace data = boost::unit_test::data;

namespace {

smart_host::Deadline in(std::chrono::milliseconds patience) {
  return std::chrono::steady_clock::now() + patience;
}
/// Enough for whatever must succeed.
smart_host::Deadline ample() { return in(std::chrono::seconds(60)); }

struct Site {
  explicit Site(TlsPeer::Script script = {}) : peer(std::move(script)) {
    connector.tls_domain = pams::test::kPeerName;
    connector.tls_ca_file = peer.ca_file();
    connector.smart_hosts = {{"127.0.0.1", peer.port()}};
  }
  Result<smart_host::VerifiedConnection> open(smart_host::Deadline deadline = ample()) const {
    return smart_host::VerifiedConnection::open(connector, connector.smart_hosts[0], settings, deadline);
  }
  Result<smart_host::VerifiedConnection> open_at(const std::vector<std::string>& addresses,
                                                 smart_host::Deadline deadline = ample()) const {
    std::vector<smart_host::SocketAddress> known;
    for (const auto& text : addresses) known.push_back(address(text));
    return smart_host::VerifiedConnection::open(connector, connector.smart_hosts[0], known, settings,
                                                deadline);
  }
  smart_host::SocketAddress address(const std::string& text) const {
    auto found = smart_host::look_up({text, peer.port()}, ample()).value();
    return found.at(0);
  }
  /// "" when it opened.
  static std::string failure(const Result<smart_host::VerifiedConnection>& opened) {
    return opened ? "" : opened.error().what;
  }

  TlsPeer peer;
  rules::OutboundConnector connector;
  smart_host::VerifiedConnection::Settings settings{
      "gateway.test", fail(Failure::Misconfigured, "no password file"), {}};
};

TlsPeer::Script with(PeerCertificate certificate) {
  TlsPeer::Script script;
  script.certificate = certificate;
  return script;
}
TlsPeer::Script with_user() {
  TlsPeer::Script script;
  script.user = "gateway";
  script.password = "s3cret word";
  return script;
}
TlsPeer::Script at(Stage stage, TlsPeer::Answer answer) {
  TlsPeer::Script script;
  script.answers[stage] = std::move(answer);
  return script;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Nothing that only a proven smart host may see.
bool told_no_secret(const TlsPeer& peer) {
  auto lines = peer.told_in_clear();
  const auto over_tls = peer.told_over_tls();
  lines.insert(lines.end(), over_tls.begin(), over_tls.end());
  return std::ranges::none_of(lines, [](const std::string& line) {
    return text::istarts_with(line, "MAIL") || text::istarts_with(line, "AUTH");
  });
}

struct Cancel {
  Fd event{eventfd(0, EFD_CLOEXEC)};
  void now() const { eventfd_write(event.get(), 1); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(verified_connection)

BOOST_AUTO_TEST_CASE(a_proven_smart_host_is_ready_for_mail_and_told_by_its_facts) {
  const Site site;
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  const auto& peer = opened->peer();
  BOOST_TEST(peer.verified);
  BOOST_TEST(peer.host == "127.0.0.1:" + std::to_string(site.peer.port()));
  BOOST_TEST(peer.address == "127.0.0.1");
  BOOST_TEST(peer.protocol == "TLSv1.3");
  BOOST_TEST(text::istarts_with(peer.cipher, "TLS_"));
  BOOST_TEST(peer.certificate == site.peer.certificate_digest());
  BOOST_TEST(opened->command("MAIL FROM:<a@x>", ample()).value().code == 250);
  BOOST_TEST(site.peer.told_in_clear() == (std::vector<std::string>{"EHLO gateway.test", "STARTTLS"}),
             boost::test_tools::per_element());
  BOOST_TEST(site.peer.told_over_tls() == (std::vector<std::string>{"EHLO gateway.test", "MAIL FROM:<a@x>"}),
             boost::test_tools::per_element());
  BOOST_TEST(site.peer.server_names() == std::vector<std::string>{""}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_counts_is_offered_over_tls) {
  TlsPeer::Script script;
  script.clear_words = {"STARTTLS", "SMTPUTF8", "SIZE 1"};
  script.words = {"8bitmime", "SIZE 52428800", "DSN"};
  const Site site(std::move(script));
  const auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->offers("8BITMIME"));
  BOOST_TEST(opened->offers("DSN"));
  BOOST_TEST(!opened->offers("SMTPUTF8"));
  BOOST_TEST(!opened->offers("STARTTLS"));
  BOOST_TEST(opened->size_limit() == 52428800U);
}

BOOST_AUTO_TEST_CASE(a_limit_below_max_message_size_is_no_reason_to_refuse_smaller_messages) {
  TlsPeer::Script script;
  script.words = {"SIZE 1000"};
  Site site(std::move(script));
  site.connector.max_message_size = 1'000'000;
  const auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->size_limit() == 1000U);
}

struct BadCertificate {
  PeerCertificate kind;
  std::string stage;
};
std::ostream& operator<<(std::ostream& out, const BadCertificate& bad) {
  return out << static_cast<int>(bad.kind) << ' ' << bad.stage;
}
const std::vector<BadCertificate> kBad{
    {PeerCertificate::WrongName, "name"},   {PeerCertificate::CommonNameOnly, "name"},
    {PeerCertificate::Expired, "expiry"},   {PeerCertificate::NotYetValid, "expiry"},
    {PeerCertificate::SelfSigned, "chain"}, {PeerCertificate::OtherAuthority, "chain"},
};

BOOST_DATA_TEST_CASE(a_bad_certificate_is_refused_at_its_stage_before_mail_and_password, data::make(kBad),
                     bad) {
  auto script = with_user();
  script.certificate = bad.kind;
  Site site(std::move(script));
  site.connector.username = "gateway";
  site.settings.password = "s3cret word";
  const auto opened = site.open();
  BOOST_TEST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().failure == Failure::Temporary));
  BOOST_TEST(
      opened.error().what.starts_with(site.connector.smart_hosts[0].address() + ": " + bad.stage + ": "),
      opened.error().what);
  BOOST_TEST(told_no_secret(site.peer));
  BOOST_TEST(site.peer.told_over_tls().empty());
}

BOOST_DATA_TEST_CASE(the_password_is_shown_over_proven_tls_alone,
                     data::make(std::vector<std::string>{"PLAIN LOGIN", "LOGIN", "CRAM-MD5 PLAIN"}),
                     mechanisms) {
  auto script = with_user();
  script.mechanisms = mechanisms;
  Site site(std::move(script));
  site.connector.username = "gateway";
  site.settings.password = "s3cret word";
  const auto opened = site.open();
  BOOST_TEST(Site::failure(opened) == "");
  BOOST_TEST(std::ranges::none_of(site.peer.told_in_clear(),
                                  [](const std::string& line) { return text::istarts_with(line, "AUTH"); }));
}

BOOST_AUTO_TEST_CASE(a_refused_or_unreadable_password_ends_it_at_auth) {
  Site site(with_user());
  site.connector.username = "gateway";
  BOOST_TEST(contains(Site::failure(site.open()), ": auth: no password file"));
  BOOST_TEST(told_no_secret(site.peer));
  site.settings.password = "wrong";
  const auto refused = Site::failure(site.open());
  BOOST_TEST(contains(refused, ": auth: it refuses the username 'gateway'"), refused);
  BOOST_TEST(!contains(refused, "wrong"));
}

BOOST_AUTO_TEST_CASE(encryption_only_takes_any_certificate_says_so_and_shows_no_password) {
  auto script = with_user();
  script.certificate = PeerCertificate::SelfSigned;
  Site site(std::move(script));
  site.connector.tls_settings = rules::TlsSettings::EncryptionOnly;
  const auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(!opened->peer().verified);
  BOOST_TEST(opened->peer().certificate == site.peer.certificate_digest());
  site.connector.username = "gateway";
  site.settings.password = "s3cret word";
  BOOST_TEST(contains(Site::failure(site.open()), ": auth: the password is shown only"));
  BOOST_TEST(told_no_secret(site.peer));
}

BOOST_AUTO_TEST_CASE(without_starttls_or_with_old_tls_there_is_nothing_to_talk_about) {
  TlsPeer::Script none;
  none.clear_words = {"SIZE 1"};
  BOOST_TEST(contains(Site::failure(Site(std::move(none)).open()), ": starttls: it does not offer STARTTLS"));
  TlsPeer::Script old;
  old.highest_protocol = TLS1_1_VERSION;
  const Site site(std::move(old));
  BOOST_TEST(contains(Site::failure(site.open()), ": tls: the TLS handshake failed"));
  BOOST_TEST(told_no_secret(site.peer));
}

BOOST_AUTO_TEST_CASE(an_unreadable_ca_file_proves_nobody) {
  Site site;
  site.connector.tls_ca_file = "/nonexistent/ca.pem";
  BOOST_TEST(contains(Site::failure(site.open()), ": tls: tls_ca_file: no authorities"));
}

BOOST_AUTO_TEST_CASE(no_session_is_resumed) {
  const Site site;
  for (int i = 0; i < 3; ++i) BOOST_TEST(Site::failure(site.open()) == "");
  BOOST_TEST(site.peer.connections() == 3U);
  BOOST_TEST(site.peer.resumed_sessions() == 0U);
}

BOOST_AUTO_TEST_CASE(bytes_in_clear_after_the_answer_to_starttls_end_it) {
  const Site site(at(Stage::StartTls, {"", Then::GoOn, "250 forged\r\n"}));
  const auto failure = Site::failure(site.open());
  BOOST_TEST((contains(failure, ": starttls: ") || contains(failure, ": tls: ")), failure);
  BOOST_TEST(site.peer.told_over_tls().empty());
}

BOOST_AUTO_TEST_CASE(answers_before_the_question_are_not_taken_for_answers) {
  const Site site(at(Stage::Mail, {"", Then::GoOn, "250 recipient too\r\n354 and the content\r\n"}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->command("MAIL FROM:<a@x>", ample()).has_value());
  BOOST_TEST(!opened->is_usable());
  const auto reply = opened->command("RCPT TO:<b@y>", ample());
  BOOST_TEST_REQUIRE(!reply.has_value());
  BOOST_TEST(contains(reply.error().what, "more than it was asked"));
}

BOOST_AUTO_TEST_CASE(an_address_that_does_not_answer_or_greet_leads_to_the_next) {
  const Site good;
  TlsPeer::Script script;
  script.address = "127.0.0.3";
  script.port = good.peer.port();
  script.answers[Stage::Greeting] = {"421 too busy"};
  const TlsPeer busy(std::move(script));
  const auto opened = good.open_at({"127.0.0.2", "127.0.0.3", "127.0.0.1"});
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->peer().address == "127.0.0.1");
  BOOST_TEST(busy.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(an_address_that_hangs_leaves_time_for_the_next) {
  const Site good;
  TlsPeer::Script script = at(Stage::Greeting, {"", Then::Hang});
  script.address = "127.0.0.3";
  script.port = good.peer.port();
  const TlsPeer silent(std::move(script));
  const auto opened = good.open_at({"127.0.0.3", "127.0.0.1"}, in(std::chrono::seconds(4)));
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->peer().address == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(an_address_that_proves_nothing_ends_it) {
  const Site good;
  auto script = with(PeerCertificate::OtherAuthority);
  script.address = "127.0.0.3";
  script.port = good.peer.port();
  const TlsPeer other(std::move(script));
  const auto failure = Site::failure(good.open_at({"127.0.0.3", "127.0.0.1"}));
  BOOST_TEST(contains(failure, ": chain: "), failure);
  BOOST_TEST(contains(failure, "(127.0.0.3)"), failure);
  BOOST_TEST(good.peer.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(five_addresses_are_tried_and_all_are_told) {
  const Site site(at(Stage::Greeting, {"554 no"}));
  const auto failure = Site::failure(site.open_at(std::vector<std::string>(7, "127.0.0.1")));
  BOOST_TEST(failure.starts_with(site.connector.smart_hosts[0].address() + ": ehlo: it greets with '554 no'"),
             failure);
  BOOST_TEST(site.peer.connections() == 5U);
  BOOST_TEST(!contains(failure, "\n"));
  BOOST_TEST(contains(Site::failure(site.open_at({})), ": resolve: it has no address"));
}

struct Misdeed {
  Stage stage;
  TlsPeer::Answer answer;
  std::string told;  ///< the stage, in the error
};

std::vector<Misdeed> misdeeds() {
  const std::vector<std::pair<Stage, std::string>> stages{
      {Stage::Greeting, "ehlo"}, {Stage::Ehlo, "ehlo"},        {Stage::StartTls, "starttls"},
      {Stage::Handshake, "tls"}, {Stage::EhloOverTls, "size"}, {Stage::Auth, "auth"}};
  const auto binary = std::string("\0\x01\xff", 3);
  std::vector<Misdeed> out;
  for (const auto& [stage, told] : stages) {
    for (const auto then : {Then::Hang, Then::Close, Then::Drip, Then::Flood})
      out.push_back({stage, {"", then}, told});
    for (const auto& reply : {binary + "garbage", std::string(100'000, 'x'), std::string("2")})
      out.push_back({stage, {reply}, told});
  }
  return out;
}

/// What open() says of a host that does it; "" = it opened.
std::string outcome_of(const Misdeed& misdeed) {
  auto script = with_user();
  script.answers[misdeed.stage] = misdeed.answer;
  Site site(std::move(script));
  site.connector.username = "gateway";
  site.settings.password = "s3cret word";
  // Long enough for a busy machine to reach the stage, for all at the same time.
  const bool waits = misdeed.answer.then == Then::Hang || misdeed.answer.then == Then::Drip;
  const auto opened = site.open(waits ? in(std::chrono::seconds(4)) : ample());
  if (opened || opened.error().failure != Failure::Temporary) return "";
  return opened.error().what.substr(site.connector.smart_hosts[0].address().size());
}

BOOST_AUTO_TEST_CASE(whatever_the_other_side_does_it_ends_with_the_stage_named) {
  const auto all = misdeeds();
  std::vector<std::future<std::string>> outcomes;
  for (const auto& misdeed : all)
    outcomes.push_back(std::async(std::launch::async, outcome_of, std::cref(misdeed)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto outcome = outcomes[i].get();
    BOOST_TEST_INFO("then " << static_cast<int>(all[i].answer.then) << ", reply "
                            << text::printable(all[i].answer.reply, 20));
    BOOST_TEST(outcome.starts_with(": " + all[i].told + ": "), "wanted " << all[i].told << ": " << outcome);
  }
}

BOOST_AUTO_TEST_CASE(a_cancellation_ends_open_at_any_stage) {
  for (const auto stage :
       {Stage::Greeting, Stage::Ehlo, Stage::StartTls, Stage::Handshake, Stage::EhloOverTls}) {
    Site site(at(stage, {"", Then::Hang}));
    const Cancel cancel;
    site.settings.cancellation.descriptor = cancel.event.get();
    auto opening = std::async(std::launch::async, [&] { return Site::failure(site.open()); });
    site.peer.wait_for(stage);
    cancel.now();
    const auto failure = opening.get();
    BOOST_TEST(contains(failure, "cancelled"), failure);
  }
}

BOOST_AUTO_TEST_CASE(what_is_cancelled_beforehand_never_connects) {
  Site site;
  const Cancel cancel;
  cancel.now();
  site.settings.cancellation.descriptor = cancel.event.get();
  BOOST_TEST(contains(Site::failure(site.open()), ": resolve: cancelled"));
  BOOST_TEST(site.peer.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_client_cancels_by_hanging_up_not_by_talking) {
  Site site;
  int pair[2];
  BOOST_TEST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  const Fd ours(pair[0]);
  Fd client(pair[1]);
  site.settings.cancellation.client = ours.get();
  BOOST_TEST_REQUIRE(send(client.get(), "QUIT\r\n", 6, 0) == 6);
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  { const Fd gone = std::move(client); }
  const auto reply = opened->command("MAIL FROM:<a@x>", ample());
  BOOST_TEST_REQUIRE(!reply.has_value());
  BOOST_TEST(reply.error().what == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_cancellation_ends_the_wait_for_a_reply_and_all_that_follows) {
  const Site site(at(Stage::EndOfData, {"", Then::Hang}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  const Cancel cancel;
  opened->cancel_on({cancel.event.get(), -1});
  for (const auto* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"})
    BOOST_TEST_REQUIRE(opened->command(line, ample()).has_value());
  BOOST_TEST_REQUIRE(opened->send("Subject: x\r\n\r\ny\r\n.\r\n", ample()).has_value());
  auto waiting = std::async(std::launch::async, [&] { return opened->read_reply(ample()); });
  site.peer.wait_for(Stage::EndOfData);
  cancel.now();
  const auto reply = waiting.get();
  BOOST_TEST_REQUIRE(!reply.has_value());
  BOOST_TEST((reply.error().failure == Failure::Temporary));
  BOOST_TEST(reply.error().what == "cancelled");
  opened->cancel_on({});
  BOOST_TEST(!opened->is_usable());
  BOOST_TEST(!opened->command("RSET", ample()).has_value());
}

BOOST_AUTO_TEST_CASE(who_reads_no_content_stops_neither_deadline_nor_cancellation) {
  const Site site(at(Stage::Content, {"", Then::Hang}));
  const std::string content(64U << 20U, 'x');
  for (const bool cancels : {false, true}) {
    auto opened = site.open();
    BOOST_TEST_REQUIRE(Site::failure(opened) == "");
    const Cancel cancel;
    opened->cancel_on({cancel.event.get(), -1});
    for (const auto* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"})
      BOOST_TEST_REQUIRE(opened->command(line, ample()).has_value());
    auto sending = std::async(std::launch::async, [&] {
      return opened->send(content, cancels ? ample() : in(std::chrono::milliseconds(300)));
    });
    if (cancels) {
      site.peer.wait_for(Stage::Content, 2);
      cancel.now();
    }
    const auto sent = sending.get();
    BOOST_TEST_REQUIRE(!sent.has_value());
    BOOST_TEST(sent.error().what == (cancels ? "cancelled" : "no answer in time"));
  }
}

BOOST_AUTO_TEST_CASE(large_content_arrives_byte_for_byte) {
  const Site site;
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  for (const auto* line : {"MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"})
    BOOST_TEST_REQUIRE(opened->command(line, ample()).has_value());
  std::string content;
  for (unsigned i = 0; content.size() < (5U << 20U); ++i)
    content += std::to_string(i * 2654435761U) + std::string("\0\xe9\xff", 3) + "\r\n";
  BOOST_TEST_REQUIRE(opened->send(content, ample()).has_value());
  BOOST_TEST_REQUIRE(opened->send(".\r\n", ample()).has_value());
  BOOST_TEST(opened->read_reply(ample()).value().code == 250);
  const auto messages = site.peer.messages();
  BOOST_TEST_REQUIRE(messages.size() == 1U);
  BOOST_TEST((messages[0].content == content));
  BOOST_TEST(messages[0].over_tls);
  BOOST_TEST(messages[0].accepted);
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_never_that_to_another_command) {
  Site site(at(Stage::Mail, {"", Then::Hang}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(!opened->command("MAIL FROM:<a@x>", in(std::chrono::milliseconds(50))).has_value());
  const auto next = opened->command("RSET", ample());
  BOOST_TEST_REQUIRE(!next.has_value());
  BOOST_TEST(next.error().what == "the connection has failed before");
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_usable_until_the_host_says_something_or_hangs_up) {
  Site site;
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  BOOST_TEST(opened->is_usable());
  site.peer.hang_up();
  pollfd gone{opened->descriptor(), POLLIN, 0};
  BOOST_TEST_REQUIRE(poll(&gone, 1, 30'000) == 1);
  BOOST_TEST(!opened->is_usable());

  auto chatty = site.open();
  BOOST_TEST_REQUIRE(Site::failure(chatty) == "");
  site.peer.answer(Stage::Rset, {"", Then::GoOn, "421 4.4.2 idle for too long\r\n"});
  BOOST_TEST(chatty->command("RSET", ample()).has_value());
  BOOST_TEST(!chatty->is_usable());
}

BOOST_AUTO_TEST_CASE(quit_ends_it_whatever_is_answered) {
  const Site site(at(Stage::Quit, {"500 stay"}));
  auto opened = site.open();
  BOOST_TEST_REQUIRE(Site::failure(opened) == "");
  opened->quit(ample());
  BOOST_TEST(site.peer.told_over_tls().back() == "QUIT");
  BOOST_TEST(!opened->is_usable());
}

BOOST_AUTO_TEST_SUITE_END()
