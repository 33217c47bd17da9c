#include "rules/journal/journal_rule.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;
using namespace pams::rules;
using Mailboxes = std::vector<std::string>;

namespace {

const Organization kOrganization{{"example.org"}};

JournalRule rule(JournalScope scope, std::string mailbox = "journal@example.org",
                 std::string recipient = "") {
  return {"rule", scope, std::move(recipient), std::move(mailbox)};
}

Mailboxes mailboxes(std::vector<JournalRule> rules, const Envelope& envelope, const Headers& headers = {}) {
  Journal journal;
  journal.rules = std::move(rules);
  journal.journaling_report_ndr_to = "alternate@example.org";
  return journal_mailboxes(journal, headers, envelope, kOrganization);
}

const Envelope kInside{"ann@example.org", {"bob@EXAMPLE.org"}};
const Envelope kOut{"ann@example.org", {"bob@example.org", "eve@example.net"}};
const Envelope kIn{"eve@example.net", {"ann@example.org"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_rule)

BOOST_AUTO_TEST_CASE(global_is_everything) {
  for (const auto& envelope : {kInside, kOut, kIn})
    BOOST_TEST(mailboxes({rule(JournalScope::Global)}, envelope).size() == 1U);
}

BOOST_AUTO_TEST_CASE(internal_is_between_insiders_and_external_all_else) {
  BOOST_TEST(mailboxes({rule(JournalScope::Internal)}, kInside).size() == 1U);
  BOOST_TEST(mailboxes({rule(JournalScope::Internal)}, kOut).empty());
  BOOST_TEST(mailboxes({rule(JournalScope::Internal)}, kIn).empty());
  BOOST_TEST(mailboxes({rule(JournalScope::External)}, kInside).empty());
  BOOST_TEST(mailboxes({rule(JournalScope::External)}, kOut).size() == 1U);
  BOOST_TEST(mailboxes({rule(JournalScope::External)}, kIn).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_route_in_a_local_part_leads_outside_however_the_domain_is_written) {
  for (const auto* route : {"\"eve@example.net\"@example.org", "eve%example.net@example.org",
                            "example.net!eve@example.org", "\"eve\\@example.net\"@EXAMPLE.org."})
    BOOST_TEST(mailboxes({rule(JournalScope::Internal)}, {"ann@example.org", {route}}).empty(), route);
  for (const auto* inside : {"\"bob\"@example.org.", "bob@ex\uff41mple.org", "b.o-b+x=y@example.org"})
    BOOST_TEST(mailboxes({rule(JournalScope::External)}, {"ann@example.org", {inside}}).empty(), inside);
}

BOOST_AUTO_TEST_CASE(a_recipient_is_he_however_he_is_written) {
  const auto anns = rule(JournalScope::Global, "journal@example.org", "Ann@example.org");
  for (const auto* ann : {"\"ann\"@example.org", "ANN@example.org.", "a\\nn@\uff45xample.org"})
    BOOST_TEST(mailboxes({anns}, {"eve@example.net", {ann}}).size() == 1U, ann);
  BOOST_TEST(mailboxes({anns}, {"eve@example.net", {"\"ann \"@example.org"}}).empty());
  BOOST_TEST(mailboxes({rule(JournalScope::Global), rule(JournalScope::Global, "\"journal\"@example.org.")},
                       kOut) == Mailboxes{"journal@example.org"});
}

BOOST_AUTO_TEST_CASE(a_recipient_means_mail_from_him_and_to_him) {
  const auto anns = rule(JournalScope::Global, "journal@example.org", "Ann@example.org");
  BOOST_TEST(mailboxes({anns}, kOut).size() == 1U);
  BOOST_TEST(mailboxes({anns}, kIn).size() == 1U);
  BOOST_TEST(mailboxes({anns}, {"bob@example.org", {"eve@example.net"}}).empty());
}

BOOST_AUTO_TEST_CASE(each_mailbox_is_named_once_in_the_order_of_the_rules) {
  const auto found =
      mailboxes({rule(JournalScope::Global, "b@example.org"), rule(JournalScope::Global, "a@example.org"),
                 rule(JournalScope::External, "B@example.org")},
                kOut);
  BOOST_TEST((found == Mailboxes{"b@example.org", "a@example.org"}));
}

BOOST_AUTO_TEST_CASE(mail_from_a_journal_mailbox_or_for_them_alone_is_not_journaled) {
  const std::vector all{rule(JournalScope::Global)};
  BOOST_TEST(mailboxes(all, {"journal@example.org", {"bob@example.org"}}).empty());
  BOOST_TEST(mailboxes(all, {"ann@example.org", {"Journal@example.org"}}).empty());
  BOOST_TEST(mailboxes(all, {"", {"alternate@example.org", "journal@example.org"}}).empty());
}

BOOST_AUTO_TEST_CASE(a_copy_to_the_journal_mailbox_hides_nothing) {
  BOOST_TEST(
      mailboxes({rule(JournalScope::Global)}, {"ann@example.org", {"journal@example.org", "eve@example.net"}})
          .size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_passed_on_is_not_journaled_but_the_header_alone_hides_nothing) {
  Headers report;
  report.append({"X-MS-Journal-Report", ""});
  const std::vector all{rule(JournalScope::Global)};
  BOOST_TEST(mailboxes(all, {"", {"ann@example.org"}}, report).empty());
  BOOST_TEST(mailboxes(all, {"ann@example.org", {"eve@example.net"}}, report).size() == 1U);
  BOOST_TEST(mailboxes(all, {"", {"ann@example.org"}}).size() == 1U);  // a bounce
}

BOOST_AUTO_TEST_SUITE_END()
