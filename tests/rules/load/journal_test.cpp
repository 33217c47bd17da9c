#include <boost/test/unit_test.hpp>

#include "rules/load.hpp"
#include "tests/support/has.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::has;
using pams::test::kGateway;
using pams::test::load_texts;

namespace {

const std::string kRule = R"([[journal_rule]]
name = "All"
scope = "external"
recipient = ""
journal_email_address = "journal@example.org"
)";

auto loaded(const std::string& lines) { return load_texts({std::string(kGateway), lines}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(load_journal)

BOOST_AUTO_TEST_CASE(a_rule_alone_gets_safe_defaults) {
  const auto all = loaded(kRule);
  BOOST_TEST(all.text == "");
  BOOST_TEST_REQUIRE(all.policy.has_value());
  const auto& journal = all.policy->journal;
  BOOST_TEST(journal.rules.size() == 1U);
  BOOST_TEST((journal.rules[0].scope == rules::JournalScope::External));
  BOOST_TEST((journal.deliver_to.kind == rules::ReportDestination::Kind::None));
  BOOST_TEST(journal.submit_to == "127.0.0.1:895");
  BOOST_TEST(journal.journaling_report_ndr_to == "");
  BOOST_TEST(all.policy->needs_body());
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_each_at_its_place) {
  const auto text = loaded(R"([journal]
submit_to = "192.0.2.1:25"
journaling_report_ndr_to = "nobody"
deliver_to = "Ziver"
alert = "1 h"
[[journal_rule]]
name = "A"
scope = "all"
journal_email_address = ["a@example.org", "b@example.org"]
[[journal_rule]]
name = "B"
)")
                        .text;
  for (const auto* part :
       {":2:", "192.0.2.1:25", "'nobody' is not an address",
        "no outbound connector 'Ziver'; did you mean 'Zivver'?", "unknown key 'alert' in [journal]", "scope",
        "needs the key 'journal_email_address'"})
    BOOST_TEST(has(text, part), "missing: " << part << " in\n" << text);
}

BOOST_AUTO_TEST_CASE(what_is_gone_says_what_to_write_instead) {
  BOOST_TEST(has(loaded("[journal]\nconfidential_reports = \"local\"\n" + kRule).text,
                 "deliver_to = \"lmtp:unix:/path/to/socket\""));
  BOOST_TEST(
      has(loaded("[journal]\nconfidential_reports = \"Zivver\"\n" + kRule).text, "deliver_to = \"Zivver\""));
}

BOOST_AUTO_TEST_CASE(sealed_reports_are_brought_to_a_socket_a_port_on_loopback_or_a_connector) {
  using Kind = rules::ReportDestination::Kind;
  const auto to = [](const std::string& written) {
    return loaded("[journal]\ndeliver_to = \"" + written + "\"\n" + kRule).policy.value().journal.deliver_to;
  };
  BOOST_TEST((to("lmtp:unix:/run/dovecot/lmtp").kind == Kind::UnixSocket));
  BOOST_TEST(to("lmtp:unix:/run/dovecot/lmtp").path == "/run/dovecot/lmtp");
  BOOST_TEST((to("lmtp:127.0.0.1:24").kind == Kind::Port));
  BOOST_TEST(to("lmtp:[::1]:24").host == "::1");
  BOOST_TEST(to("lmtp:[::1]:24").port == 24U);
  BOOST_TEST(to("Zivver").connector == "Zivver");
  for (const auto* wrong :
       {"lmtp:192.0.2.1:24", "lmtp:unix:relative", "lmtp:127.0.0.1", "lmtp:mail.example:24"})
    BOOST_TEST(
        has(loaded(std::string("[journal]\ndeliver_to = \"") + wrong + "\"\n" + kRule).text, "deliver_to: "),
        wrong);
}

BOOST_AUTO_TEST_CASE(a_connector_that_does_not_verify_is_no_way_for_reports_of_flagged_mail) {
  BOOST_TEST(has(loaded(R"([journal]
deliver_to = "Weak"
[[outbound_connector]]
name = "Weak"
smart_hosts = ["a.example"]
tls_settings = "encryption_only"
transport = "weak"
)" + kRule)
                     .text,
                 "reports of flagged mail leave only over TLS"));
}

BOOST_AUTO_TEST_CASE(two_rules_have_two_names) {
  BOOST_TEST(has(loaded(kRule + kRule).text, "there is a journal rule 'All' already"));
}

BOOST_AUTO_TEST_SUITE_END()
