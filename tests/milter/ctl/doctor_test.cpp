#include <boost/test/unit_test.hpp>

#include "tests/support/gateway.hpp"
#include "tests/support/has.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;

namespace {

const nlohmann::json& check_named(const nlohmann::json& answer, const std::string& id) {
  for (const auto& check : answer.at("checks"))
    if (check.at("id") == id) return check;
  throw std::logic_error("no check " + id);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_doctor)

BOOST_AUTO_TEST_CASE(whatever_is_wrong_with_the_configuration_json_is_json) {
  const Gateway gateway;
  for (const std::string broken :
       {"[pams\nconnector = 1\n", "x = \"\xff\"\n", "[[outbound_connector]]\nnam = \"a\"\n"}) {
    gateway.write_settings(broken);
    const auto answer = pamsctl_json({"doctor", "--config", gateway.settings_file()});
    const auto& check = check_named(answer, "configuration");
    BOOST_TEST(answer.at("checks").size() == 1U);
    BOOST_TEST(check.at("status") == "fail");
    BOOST_TEST(check.at("diagnostics").size() >= 1U);
    BOOST_TEST(check.at("diagnostics").front().at("line") > 20);
    BOOST_TEST(check.at("remedy") != "");
  }
  const auto absent = pamsctl_json({"doctor", "--config", "/nonexistent/pams.toml"});
  BOOST_TEST(has(check_named(absent, "configuration").at("seen").get<std::string>(), "No such file"));
}

BOOST_AUTO_TEST_CASE(a_file_that_only_check_looks_at_fails_the_configuration_and_the_rest_is_examined) {
  const Gateway gateway("", {"[[archive]]", "tls_ca_file = \"absent.pem\"\n[[archive]]"});
  const auto answer = pamsctl_json({"doctor", "--config", gateway.settings_file()});
  BOOST_TEST(check_named(answer, "configuration").at("status") == "fail");
  BOOST_TEST(answer.at("checks").size() > 20U);
}

BOOST_AUTO_TEST_CASE(brief_is_one_line_with_the_exit_codes_of_monitoring_plugins) {
  const auto finished = pamsctl({"doctor", "--brief", "--config", "/nonexistent/pams.toml"});
  BOOST_TEST(finished.exit_code == 2);
  BOOST_TEST(
      finished.output.starts_with("PAMS CRITICAL - 1 failure, no warnings: nothing else was looked at; "),
      finished.output);
  BOOST_TEST(finished.output.ends_with(" | failures=1 warnings=0\n"), finished.output);
  BOOST_TEST(finished.errors == "");
}

BOOST_AUTO_TEST_CASE(brief_and_json_exclude_each_other) {
  BOOST_TEST(pamsctl({"doctor", "--brief", "--json"}).exit_code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
