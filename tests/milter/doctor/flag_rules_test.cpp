#include "milter/doctor/checks/flag_rules.hpp"

#include <boost/test/unit_test.hpp>

using pams::milter::doctor::rule_against;

namespace {

bool is_against(std::string_view table) { return rule_against("zivver-relay", table).has_value(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_flag_rules)

BOOST_AUTO_TEST_CASE(a_rule_for_some_values_of_the_flag_is_found_however_it_is_written) {
  for (const auto* table :
       {"/^zivver-relay:.*tenant42/ IGNORE", "/^Zivver-Relay:.*tenant42/\n  STRIP",
        "/^zivver-relay:.*a/\n# why\n\tREPLACE X: y", "/^zivver[-_]relay: .*tenant42/ IGNORE",
        "/^(x-)?zivver.relay:.*tenant42/i ignore", "/^(zivver-relay|x-zivver):.*tenant42/ REPLACE X: $1",
        "/^z[^:]*y: *tenant42/ IGNORE", "!/^zivver-relay: ok/ IGNORE", "|^zivver.*:.*/tenant42| IGNORE",
        "if /^zivver.relay:/\n/tenant42/ IGNORE\nendif",
        "if /^z.*-relay:/\nif /42/\n/tenant/ STRIP\nendif\nendif", "zivver-relay: tenant42 IGNORE",
        "{ {/^zivver-relay:.*tenant42/ IGNORE} }"})
    BOOST_TEST(is_against(table), table);
}

BOOST_AUTO_TEST_CASE(rules_about_other_fields_and_other_actions_are_left_alone) {
  for (const auto* table :
       {"/^Received:.*10\\.0\\./ IGNORE", "/^X-[A-Z]+:/ IGNORE", "/^[a-z-]+: secret/ IGNORE",
        "/yahoo/ IGNORE", "/^.*yahoo/ IGNORE", "/^zivver-relay:/ WARN", "# /^zivver-relay:/ IGNORE",
        "/^(?!zivver)x: a/ IGNORE", "if !/^zivver-relay:/\n/^Received:/ IGNORE\nendif",
        "if /^zivver.relay:/\n/x/ WARN\nendif\n/^Received:/ IGNORE", "endif\n/^X-Internal:/ IGNORE", ""})
    BOOST_TEST(!is_against(table), table);
}

BOOST_AUTO_TEST_SUITE_END()
