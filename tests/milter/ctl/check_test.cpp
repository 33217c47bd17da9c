#include <boost/test/unit_test.hpp>

#include "tests/support/gateway.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;
using pams::test::Gateway;

namespace {

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

const std::string kTwoMistakes = R"(
[[transport_rule]]
name = "Odd"
modus = "enforce"
[[transport_rule.do]]
archive = { to = "complience" }
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_check)

BOOST_AUTO_TEST_CASE(a_sound_configuration_is_fine_and_its_size_is_told) {
  const Gateway gateway(pams::test::kArchiveFlagged);
  const auto finished = pamsctl({"check", "--config", gateway.settings_file()});
  BOOST_TEST(finished.exit_code == 0);
  BOOST_TEST(finished.output == gateway.settings_file() + ": no errors, 1 rule(s), 1 connector(s)\n");
  BOOST_TEST(finished.errors == "");
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_each_at_its_place) {
  const Gateway gateway;
  gateway.write_settings(kTwoMistakes);
  const auto finished = pamsctl({"check", "--config", gateway.settings_file()});
  BOOST_TEST(finished.exit_code == 1);
  BOOST_TEST(finished.output == "");
  BOOST_TEST(has(finished.errors, "modus"));
  BOOST_TEST(has(finished.errors, "complience"));
  BOOST_TEST(has(finished.errors, gateway.settings_file() + ": 2 error(s)"));
}

BOOST_AUTO_TEST_CASE(json_says_file_line_column_severity_and_text_of_each) {
  const Gateway gateway;
  gateway.write_settings(kTwoMistakes);
  const auto answer = pamsctl_json({"check", "--config", gateway.settings_file()});
  BOOST_TEST(answer.at("ok") == false);
  BOOST_TEST_REQUIRE(answer.at("diagnostics").size() == 2U);
  for (const auto& one : answer.at("diagnostics")) {
    BOOST_TEST(one.at("file") == gateway.settings_file());
    BOOST_TEST(one.at("line") > 20);
    BOOST_TEST(one.at("column") >= 1);
    BOOST_TEST(one.at("severity") == "error");
    BOOST_TEST(one.at("text") != "");
  }
}

BOOST_AUTO_TEST_CASE(a_warning_does_not_make_it_wrong) {
  const Gateway gateway("", {"seal_key_file = \"seal.key\"", "route_token_file = \"route.token\""});
  const std::vector<std::string> arguments{"check", "--config", gateway.settings_file()};
  BOOST_TEST(pamsctl(arguments).exit_code == 0);
  const auto answer = pamsctl_json(arguments);
  BOOST_TEST(answer.at("ok") == true);
  BOOST_TEST_REQUIRE(answer.at("diagnostics").size() == 1U);
  BOOST_TEST(answer.at("diagnostics").front().at("severity") == "warning");
}

BOOST_AUTO_TEST_SUITE_END()
