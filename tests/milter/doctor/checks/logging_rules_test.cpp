#include "milter/doctor/checks/logging_rules.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams::milter::doctor;

namespace {

const std::vector<std::string> kHarmless{"from", "zivver-relay", "x-spam-"};

std::vector<LoggingRule> rules_in(const std::string& type, std::string_view content) {
  return logging_rules({type, "/etc/postfix/checks"}, content, kHarmless);
}
bool logs(std::string_view rule) { return !rules_in("pcre", rule).empty(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_logging_rules)

BOOST_AUTO_TEST_CASE(an_action_that_logs_the_line_is_found_in_any_letter_case) {
  for (const auto* action :
       {"INFO", "WARN text", "warn", "HOLD", "REJECT no", "DISCARD", "PREPEND X: y", "STRIP",
        "REPLACE Subject: x", "PASS", "BCC a@b", "REDIRECT a@b", "FILTER smtp:x"})
    BOOST_TEST(logs(std::string("/^Subject:/ ") + action), action);
  for (const auto* action : {"IGNORE", "DUNNO", "OK", "DELAY 5", "INFORM"})
    BOOST_TEST(!logs(std::string("/^Subject:/ ") + action), action);
}

BOOST_AUTO_TEST_CASE(a_pattern_is_read_with_its_delimiters_flags_and_blanks) {
  for (const auto* rule :
       {"/^Subject: a b/i\tWARN", "|^Subject:|x WARN", "! /^From:/ WARN", "/a\\/ IGNORE/ WARN"})
    BOOST_TEST(logs(rule), rule);
  for (const auto* rule :
       {"/ WARN/ IGNORE", "# /^Subject:/ WARN", "if /^Subject: WARN/", "endif", "/x/", "/x", ""})
    BOOST_TEST(!logs(rule), rule);
}

BOOST_AUTO_TEST_CASE(a_rule_for_a_field_that_shows_nothing_is_left_out_and_only_such_a_rule) {
  for (const auto* rule : {"/^From: .*(a|b)/ WARN", "/^zivver-relay[[:space:]]*:/ FILTER retry:",
                           "/^FROM\\s*:/ INFO", "/^X\\-Spam-Flag: YES/ HOLD"})
    BOOST_TEST(!logs(rule), rule);
  for (const auto* rule : {"/From:/ WARN", "/^From:|^Subject:/ WARN", "/^(From|Subject):/ WARN",
                           "!/^From:/ WARN", "/^From/ WARN", "/./ WARN", "/^Fro.*:/ WARN"})
    BOOST_TEST(logs(rule), rule);
}

BOOST_AUTO_TEST_CASE(a_rule_has_the_lines_of_its_file_also_where_it_goes_on_after_a_blank) {
  const auto rules =
      rules_in("regexp", "# ours\n\n/^X-A:/ IGNORE\n/^Subject:/\n  WARN a subject\n/secret/ HOLD\n");
  BOOST_TEST_REQUIRE(rules.size() == 2U);
  BOOST_TEST(rules[0].text == "/^Subject:/ WARN a subject");
  BOOST_TEST(rules[0].first_line == 4U);
  BOOST_TEST(rules[0].last_line == 5U);
  BOOST_TEST(rules[1].first_line == 6U);
}

BOOST_AUTO_TEST_CASE(rules_that_stand_in_main_cf_and_tables_of_keys_are_read_too) {
  const auto in_main = [](const std::string& type, const std::string& rest) {
    return logging_rules({type, rest}, rest, kHarmless).size();
  };
  BOOST_TEST(in_main("pcre", "{{/^Subject:/ WARN}, {/^X:/ IGNORE}, {/x/ INFO}}") == 2U);
  BOOST_TEST(in_main("static", "WARN") == 1U);
  BOOST_TEST(in_main("static", "{WARN seen}") == 1U);
  BOOST_TEST(in_main("static", "IGNORE") == 0U);
  BOOST_TEST(in_main("inline", "{ {secret = WARN seen}, other=IGNORE }") == 1U);
  BOOST_TEST(rules_in("texthash", "secret\tWARN seen\nother IGNORE\n").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
