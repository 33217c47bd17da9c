#include "milter/smart_host/verified_connection.hpp"

#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/milter/smart_host/connection_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;
using Site = SmartHostSite;
namespace data = boost::unit_test::data;

namespace {

TlsPeer::Script with_certificate(PeerCertificate certificate) {
  TlsPeer::Script script;
  script.certificate = certificate;
  return script;
}

/// Nothing that only a proven smart host may see.
bool told_no_secret(const TlsPeer& peer) {
  auto lines = peer.told_in_clear();
  const auto over_tls = peer.told_over_tls();
  lines.insert(lines.end(), over_tls.begin(), over_tls.end());
  return std::ranges::none_of(lines, [](const std::string& line) {
    return text::istarts_with(line, "MAIL") || text::istarts_with(line, "AUTH");
  });
}

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

BOOST_AUTO_TEST_CASE(without_starttls_or_with_old_tls_there_is_no_session) {
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
  auto script = with_certificate(PeerCertificate::OtherAuthority);
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

BOOST_AUTO_TEST_SUITE_END()
