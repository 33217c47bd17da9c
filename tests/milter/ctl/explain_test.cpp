#include <boost/test/unit_test.hpp>

#include "milter/log/log.hpp"
#include "rules/actions/action.hpp"
#include "rules/conditions/condition.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;

namespace {
bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }
}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_explain)

BOOST_AUTO_TEST_CASE(each_event_is_told_with_its_meaning_and_its_remedy) {
  const auto all = pamsctl({"explain"});
  BOOST_TEST(all.exit_code == 0);
  for (const auto* event : pams::milter::log::events()) {
    auto told = std::string(event->name) + "\n  " + std::string(event->meaning) + "\n";
    if (!event->remedy.empty()) told += "  What to do: " + std::string(event->remedy) + "\n";
    BOOST_TEST(has(all.output, told), event->name);
  }
}

BOOST_AUTO_TEST_CASE(one_event_is_told_alone) {
  const auto one = pamsctl({"explain", "relay_busy"});
  BOOST_TEST(one.exit_code == 0);
  BOOST_TEST(one.output.starts_with("relay_busy\n"));
  BOOST_TEST(!has(one.output, "relay_unrecorded"));
}

BOOST_AUTO_TEST_CASE(an_unknown_event_is_a_usage_error_that_names_what_is_like_it) {
  const auto unknown = pamsctl({"explain", "relay_bussy"});
  BOOST_TEST(unknown.exit_code == 2);
  BOOST_TEST(unknown.output == "");
  BOOST_TEST(has(unknown.errors, "did you mean 'relay_busy'?"));
  const auto hostile = pamsctl({"explain", "\x1b[2J"});
  BOOST_TEST(hostile.exit_code == 2);
  BOOST_TEST(!has(hostile.errors, "\x1b"));
}

BOOST_AUTO_TEST_CASE(rules_doc_tells_every_condition_and_action_with_its_parameters) {
  const auto doc = pamsctl({"rules", "doc"});
  BOOST_TEST(doc.exit_code == 0);
  const auto expect_row = [&](const auto& row) {
    BOOST_TEST(has(doc.output, "\n  " + std::string(row.name) + "\n    " + std::string(row.summary) + "\n"),
               row.name);
    for (const auto& param : row.params)
      BOOST_TEST(has(doc.output, "    " + std::string(param.key) + ": " + std::string(param.doc)), row.name);
  };
  for (const auto* condition : pams::rules::conditions()) expect_row(*condition);
  for (const auto* action : pams::rules::actions()) expect_row(*action);
}

BOOST_AUTO_TEST_SUITE_END()
