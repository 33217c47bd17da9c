#include "tests/support/table.hpp"

#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"

using namespace pams;
using namespace pams::rules;
namespace data = boost::unit_test::data;

namespace {

const auto kAll = pams::test::rows_of(conditions());
const Organization kExample{{"example.org"}};

auto read(std::string_view name, std::string_view toml) {
  return pams::test::read_entry(name, toml, [](const auto& member, const Reading& reading) {
    return read_condition(member, "if", reading);
  });
}

Mail mail_of(const Example& example) {
  Envelope envelope{std::string(example.sender), {}};
  for (const auto recipient : text::split(example.recipients, ' '))
    envelope.recipients.emplace_back(recipient);
  Mail mail(parse_message(example.message), envelope, {std::string(example.client), "", ""}, kExample, {});
  mail.classify(example.client == "127.0.0.1", false);
  return mail;
}

Finding finding(std::string_view name, std::string_view toml, const Mail& mail, Scope scope = {}) {
  return read(name, toml).value.value().predicate(mail, scope).value();
}

Mail mail(std::string_view message, std::string sender = "anna@example.org",
          std::vector<std::string> recipients = {"piet@klant.example"}) {
  return Mail(parse_message(message), {std::move(sender), std::move(recipients)}, {"127.0.0.1", "", ""},
              kExample, {});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conditions_table)

BOOST_DATA_TEST_CASE(every_example_behaves_as_documented, data::make(kAll), condition) {
  for (const auto& example : condition->examples)
    BOOST_TEST_CONTEXT(condition->name << " = " << example.toml << " on " << example.message) {
      const auto r = read(condition->name, example.toml);
      BOOST_TEST_REQUIRE(r.value.has_value(), r.diagnostics);
      const auto found = r.value->predicate(mail_of(example), Scope{});
      BOOST_TEST_REQUIRE(found.has_value());
      BOOST_TEST(found->holds == example.matches, "seen: " << found->seen);
      BOOST_TEST(!found->seen.empty());
    }
}

BOOST_DATA_TEST_CASE(every_condition_shows_a_match_and_a_miss, data::make(kAll), condition) {
  BOOST_TEST(std::ranges::any_of(condition->examples, &Example::matches));
  BOOST_TEST(!std::ranges::all_of(condition->examples, &Example::matches));
  BOOST_TEST(pams::test::is_sentence(condition->summary));
  BOOST_TEST(!condition->params.empty());
  for (const auto& param : condition->params) BOOST_TEST(param.doc.ends_with('.'));
}

BOOST_DATA_TEST_CASE(every_condition_refuses_what_its_table_does_not_list, data::make(kAll), condition) {
  BOOST_TEST(!read(condition->name, "{ surprise = 1 }").value.has_value());
  BOOST_TEST(!read(condition->name, "{}").value.has_value());
}

BOOST_AUTO_TEST_CASE(names_are_unique) { BOOST_TEST(pams::test::repeated_name(kAll) == ""); }

BOOST_AUTO_TEST_CASE(an_empty_list_is_refused_because_it_would_never_hold) {
  for (const auto* name : {"from", "sent_to", "sender_domain_is", "recipient_domain_is", "sender_ip_ranges",
                           "subject_contains_words", "subject_matches_patterns"})
    BOOST_TEST(!read(name, "[]").value.has_value(), name);
}

BOOST_AUTO_TEST_CASE(what_would_match_every_message_is_refused) {
  BOOST_TEST(!read("subject_contains_words", R"(["  "])").value.has_value());
  BOOST_TEST(!read("subject_matches_patterns", R"([""])").value.has_value());
}

BOOST_AUTO_TEST_CASE(a_header_name_that_is_none_is_refused) {
  const auto r = read("header_contains_words", R"({ header = "X Class:", words = ["a"] })");
  BOOST_TEST(!r.value.has_value());
  BOOST_TEST(r.diagnostics.find("'X Class:' is not the name of a header field") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_word_is_bounded_by_letters_of_any_script) {
  BOOST_TEST(!finding("subject_contains_words", R"("men")", mail("Subject: n\xC3\xA9men\n\n")).holds);
  BOOST_TEST(finding("subject_contains_words", R"("men")", mail("Subject: \xC2\xABmen\xC2\xBB\n\n")).holds);
  BOOST_TEST(finding("subject_contains_words", R"("GE\u00cfNT")", mail("Subject: ge\xC3\xAFnt\n\n")).holds);
}

BOOST_AUTO_TEST_CASE(the_sender_is_read_where_the_rule_says) {
  const auto forwarded = mail("From: piet@klant.example\n\n", "anna@example.org");
  const auto holds = [&](SenderAddressLocation where) {
    return finding("from", R"("anna@example.org")", forwarded, {where, RecipientMatch::Any}).holds;
  };
  BOOST_TEST(!holds(SenderAddressLocation::Header));
  BOOST_TEST(holds(SenderAddressLocation::Envelope));
  BOOST_TEST(holds(SenderAddressLocation::HeaderOrEnvelope));
}

BOOST_AUTO_TEST_CASE(the_null_sender_never_matches) {
  const Scope envelope{SenderAddressLocation::Envelope, RecipientMatch::Any};
  BOOST_TEST(!finding("from", R"("anna@example.org")", mail("Subject: bounce\n\n", ""), envelope).holds);
  BOOST_TEST(
      !finding("sender_domain_is", R"("example.org")", mail("Subject: bounce\n\n", ""), envelope).holds);
}

BOOST_AUTO_TEST_CASE(recipients_all_needs_every_one) {
  const auto mixed = mail("\n", "anna@example.org", {"a@klant.example", "b@example.org"});
  const auto holds = [&](RecipientMatch match) {
    return finding("recipient_domain_is", R"("klant.example")", mixed, {SenderAddressLocation::Header, match})
        .holds;
  };
  BOOST_TEST(holds(RecipientMatch::Any));
  BOOST_TEST(!holds(RecipientMatch::All));
  BOOST_TEST(!finding("sent_to_scope", R"("in_organization")", mail("\n", "a@b.example", {}),
                      {SenderAddressLocation::Header, RecipientMatch::All})
                  .holds);
}

BOOST_AUTO_TEST_CASE(what_the_body_says_does_not_get_into_the_evidence) {
  const auto found =
      finding("subject_or_body_matches_patterns", R"("BSN [0-9]+")", mail("Subject: x\n\nBSN 123\n"));
  BOOST_TEST(found.holds);
  BOOST_TEST(found.seen == "found in the body");
}

BOOST_AUTO_TEST_CASE(evidence_is_safe_for_a_terminal) {
  const auto found = finding("header_contains_words", R"({ header = "X-A", words = ["red"] })",
                             mail("X-A: \x1B[31m red\n\n"));
  BOOST_TEST(found.holds);
  BOOST_TEST(found.seen.find('\x1B') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
