#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;
using pams::test::Gateway;

namespace {

namespace text = pams::text;

const std::string kTrusted = R"(
[[trust.exchange_online]]
certificate = "mail.protection.outlook.com"
originator_org = ["example.onmicrosoft.com"]
)";

/// The name of the connector, in both of its places.
std::pair<std::string, std::string> connector_named(const std::string& name) {
  const auto text = [](const std::string& value) {
    return "connector = \"" + value + "\"\n[[outbound_connector]]\nname = \"" + value + "\"";
  };
  return {text("Zivver"), text(name)};
}

bool has(const std::string& whole, std::string_view piece) { return whole.find(piece) != std::string::npos; }

nlohmann::json steps_of(const Gateway& gateway) {
  return pamsctl_json({"setup", "exchange-online", "--config", gateway.settings_file()});
}

std::string script_of(const Gateway& gateway) { return steps_of(gateway).at("powershell"); }

/// What PowerShell sees of a script outside comments and single-quoted strings: commands. Its single quotes
/// are five.
std::string outside_quotes(std::string script) {
  for (const std::string_view typographic : {"\u2018", "\u2019", "\u201A", "\u201B"})
    script = text::replace_all(script, typographic, "'");
  std::string out;
  bool is_quoted = false, is_comment = false;
  for (const char c : script) {
    if (c == '\n') is_comment = false;
    if (!is_comment && c == '\'') is_quoted = !is_quoted;  // a doubled one closes and opens
    if (!is_quoted && c == '#') is_comment = true;
    if (!is_quoted && !is_comment) out += c;
  }
  BOOST_TEST(!is_quoted);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_exchange_online)

BOOST_AUTO_TEST_CASE(the_script_has_connector_rule_and_sizes_as_the_configuration_says) {
  const Gateway gateway(kTrusted);
  const auto script = script_of(gateway);
  BOOST_TEST(has(script, "New-OutboundConnector -Name $Connector -ConnectorType OnPremises"));
  BOOST_TEST(has(script, "-IsTransportRuleScoped $true"));
  BOOST_TEST(has(script, "-TlsSettings DomainValidation -TlsDomain $TlsDomain"));
  BOOST_TEST(has(script, "-HeaderMatchesMessageHeader 'zivver-relay'"));
  BOOST_TEST(has(script, "-HeaderMatchesPatterns '..*.'"));
  BOOST_TEST(has(script, "-RuleErrorAction Defer -Mode Enforce -Enabled $false"));
  BOOST_TEST(has(script, "-MaxSendSize 50MB"));
  BOOST_TEST(has(script, "$Trusted = 'example.onmicrosoft.com'"));
}

BOOST_AUTO_TEST_CASE(what_the_gateway_cannot_know_stops_the_script_until_it_is_filled_in) {
  const Gateway gateway(kTrusted);
  const auto steps = steps_of(gateway);
  const std::string script = steps.at("powershell");
  for (const std::string name : steps.at("to_fill_in"))
    BOOST_TEST(has(script, "$" + name + " = '<FILL IN>'  # FILL IN: "));
  BOOST_TEST(steps.at("to_fill_in").back() == "TestAddress");
  const auto guard = script.find("throw 'Fill in");
  BOOST_TEST(guard != std::string::npos);
  BOOST_TEST(guard < script.find("New-OutboundConnector"));
}

BOOST_AUTO_TEST_CASE(nothing_of_a_hostile_configuration_is_a_command) {
  const std::string evil =
      "x'; Remove-Mailbox a; 'y\u2019; Remove-Mailbox b; \u2018$(Remove-Mailbox c) `n # z";
  const Gateway gateway(text::replace_all(kTrusted, "example.onmicrosoft.com", evil), connector_named(evil));
  const auto script = script_of(gateway);
  BOOST_TEST(has(script, "Remove-Mailbox"));                   // the names are there,
  BOOST_TEST(!has(outside_quotes(script), "Remove-Mailbox"));  // and all of them are quoted
}

BOOST_AUTO_TEST_CASE(the_names_in_the_tenant_are_short_enough_and_not_those_of_zivvers_guide) {
  const Gateway gateway(kTrusted, connector_named(std::string(100, 'n')));
  BOOST_TEST(has(script_of(gateway), "$Rule = '" + std::string(54, 'n') + " (gateway)'"));
}

BOOST_AUTO_TEST_CASE(a_gateway_that_does_not_trust_exchange_online_is_told_so) {
  const Gateway gateway;
  const auto steps = steps_of(gateway);
  BOOST_TEST_REQUIRE(steps.at("warnings").size() == 1U);
  BOOST_TEST(has(steps.at("warnings").front(), "[[trust.exchange_online]]"));
  BOOST_TEST(steps_of(Gateway(kTrusted)).at("warnings").empty());
}

BOOST_AUTO_TEST_CASE(the_last_step_in_the_admin_center_is_to_switch_pams_on) {
  const auto steps = steps_of(Gateway(kTrusted));
  BOOST_TEST(has(steps.at("eac").back(), "EnableMailAssistedSubmission = 1"));
}

BOOST_AUTO_TEST_CASE(as_text_it_can_be_pasted_as_a_whole) {
  const Gateway gateway(kTrusted);
  const auto finished = pamsctl({"setup", "exchange-online", "--config", gateway.settings_file()});
  BOOST_TEST(finished.exit_code == 0);
  const auto steps = finished.output.substr(finished.output.find("# The same in the Exchange admin center"));
  for (const auto line : text::split(text::trim_right(steps), '\n')) BOOST_TEST(line.starts_with('#'), line);
}

BOOST_AUTO_TEST_SUITE_END()
