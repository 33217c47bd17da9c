#include "rules/load.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/has.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::has;
using pams::test::kGateway;
using pams::test::load_texts;

namespace {

/// What is reported about a gateway with these lines after its own.
std::string reported(const std::string& lines) { return load_texts({std::string(kGateway), lines}).text; }

/// The connector "Zivver" with these keys.
test::LoadedPolicy connector(const std::string& keys) {
  return load_texts(
      {"[organization]\naccepted_domains = [\"example.org\"]\n[pams]\nconnector = \"Zivver\"\n"
       "[[outbound_connector]]\nname = \"Zivver\"\n" +
       keys + "\n"});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(a_short_configuration_gets_safe_defaults) {
  const auto loaded = connector("smart_hosts = \"smtp.zivver.com\"");
  BOOST_TEST(loaded.text == "");
  BOOST_TEST_REQUIRE(loaded.policy.has_value());
  const auto& policy = *loaded.policy;
  BOOST_TEST(policy.pams.enabled);
  BOOST_TEST(policy.pams.header == "zivver-relay");
  BOOST_TEST(policy.pams.pattern != nullptr);
  BOOST_TEST((policy.pams.on_anomaly == OnAnomaly::Defer));
  BOOST_TEST((policy.pams.when_disabled == OnAnomaly::Reject));
  BOOST_TEST((policy.pams.untrusted == Untrusted::Strip));
  BOOST_TEST(policy.trust.authenticated);
  BOOST_TEST(policy.trust.networks.size() == 2U);
  BOOST_TEST(policy.limits.header_count == 5000U);
  const auto& zivver = policy.connectors.front();
  BOOST_TEST((zivver.tls_settings == TlsSettings::DomainValidation));
  BOOST_TEST(zivver.tls_domain == "smtp.zivver.com");
  BOOST_TEST(zivver.tls_ca_file == "/etc/ssl/certs/ca-certificates.crt");
  BOOST_TEST(zivver.transport == "pams");
  BOOST_TEST(zivver.max_message_size == 50U * 1024 * 1024);
  BOOST_TEST(zivver.smart_hosts.front().nexthop() == "[smtp.zivver.com]:25");
}

BOOST_AUTO_TEST_CASE(six_mistakes_are_six_errors_each_at_its_place) {
  const auto loaded = load_texts({R"([organization]
accepted_domains = ["example org"]
[pams]
connector = "Ziver"
on_anomaly = "send"
[[outbound_connector]]
name = "Zivver"
smart_hosts = ["smtp.zivver.com:0"]
)",
                                  R"([[transport_rule]]
name = "r"
[transport_rule.if]
subject_contain_words = ["a"]
[[transport_rule.do]]
archive = { to = "complience" }
)"});
  BOOST_TEST(!loaded.policy.has_value());
  BOOST_TEST(has(loaded.text, "pams.toml:2:21: error: accepted_domains: 'example org' is not a domain"));
  BOOST_TEST(has(loaded.text, "pams.toml:4:13: error: "), loaded.text);
  BOOST_TEST(has(loaded.text, "pams.toml:5:14: error: on_anomaly: 'send' is none of: defer, reject"));
  BOOST_TEST(has(loaded.text, "pams.toml:8:15: error: smart_hosts: 'smtp.zivver.com:0' is not of the form"));
  BOOST_TEST(has(
      loaded.text,
      "rules1.toml:4:1: error: unknown key 'subject_contain_words' in if; did you mean 'subject_contains_words'?"));
  BOOST_TEST(has(loaded.text,
                 "rules1.toml:6:18: error: there is no archive 'complience'; did you mean 'compliance'?"));
  BOOST_TEST(loaded.errors == 6U, loaded.text);
}

BOOST_AUTO_TEST_CASE(an_unknown_connector_is_an_error_with_the_name_that_was_meant) {
  auto toml = std::string(kGateway);
  toml.replace(toml.find("\"Zivver\""), 8, "\"Ziver\"");
  BOOST_TEST(has(load_texts({toml}).text, "there is no outbound connector 'Ziver'; did you mean 'Zivver'?"));
  BOOST_TEST(
      has(reported("[[transport_rule]]\nname = \"r\"\n[[transport_rule.do]]\n"
                   "route_message_outbound_connector = \"Partnr\"\n"),
          "rules1.toml:4:36: error: there is no outbound connector 'Partnr'; did you mean 'Partner'?"));
}

BOOST_AUTO_TEST_CASE(pams_without_a_connector_is_an_error_unless_it_is_disabled) {
  const std::string domains = "[organization]\naccepted_domains = [\"example.org\"]\n";
  BOOST_TEST(has(load_texts({domains}).text, "[pams] needs the key 'connector'"));
  BOOST_TEST(load_texts({domains + "[pams]\nenabled = false\n"}).policy.has_value());
}

BOOST_AUTO_TEST_CASE(flagged_mail_never_goes_to_a_connector_that_only_encrypts) {
  BOOST_TEST(has(connector("smart_hosts = \"a.example\"\ntls_settings = \"encryption_only\"").text,
                 "pams.toml:4:13: error: connector 'Zivver' has tls_settings"));
}

BOOST_AUTO_TEST_CASE(certificate_validation_verifies_the_name_all_the_same) {
  const auto loaded = connector("smart_hosts = \"a.example\"\ntls_settings = \"certificate_validation\"");
  BOOST_TEST_REQUIRE(loaded.policy.has_value());
  BOOST_TEST((loaded.policy->connectors.front().tls_settings == TlsSettings::DomainValidation));
  BOOST_TEST(has(loaded.text, "warning: certificate_validation does not look at the name"));
}

BOOST_AUTO_TEST_CASE(smart_hosts_are_read_with_and_without_port_and_as_addresses) {
  const auto host = [](const std::string& written, const std::string& more = "") {
    const auto loaded = connector("smart_hosts = \"" + written + "\"\n" + more);
    return loaded.policy ? loaded.policy->connectors.front().smart_hosts.front().nexthop() : loaded.text;
  };
  BOOST_TEST(host("smtp.zivver.com:587") == "[smtp.zivver.com]:587");
  BOOST_TEST(host("[smtp.zivver.com]:587") == "[smtp.zivver.com]:587");
  BOOST_TEST(host("[smtp.zivver.com]") == "[smtp.zivver.com]:25");
  const std::string domain = "tls_domain = \"smtp.zivver.com\"";
  BOOST_TEST(host("[2001:db8::1]:26", domain) == "[2001:db8::1]:26");
  BOOST_TEST(host("2001:db8::1", domain) == "[2001:db8::1]:25");
  BOOST_TEST(host("192.0.2.1:2525", domain) == "[192.0.2.1]:2525");
  BOOST_TEST(has(host("192.0.2.1"), "an address has no name to verify; write the name in tls_domain"));
  for (const auto* wrong : {"", ":25", "a b", "a.example:70000", "a.example:", "[a.example", "[]:25",
                            "a.example]:25", "a.example\\n  -o x=y", "inet:a:b", "-o"})
    BOOST_TEST(has(host(wrong), "error:"), wrong);
}

BOOST_AUTO_TEST_CASE(several_smart_hosts_each_show_their_own_name_unless_one_is_given_for_all) {
  const auto two = std::string("smart_hosts = [\"a.example\", \"b.example:587\"]");
  const auto own = connector(two);
  BOOST_TEST_REQUIRE(own.policy.has_value(), own.text);
  const auto& hosts = own.policy->connectors.front();
  BOOST_TEST(hosts.certificate_name(hosts.smart_hosts[1]) == "b.example");
  const auto shared = connector(two + "\ntls_domain = \"mx.example\"");
  BOOST_TEST_REQUIRE(shared.policy.has_value(), shared.text);
  BOOST_TEST(shared.policy->connectors.front().certificate_name(hosts.smart_hosts[1]) == "mx.example");
  BOOST_TEST(has(connector("smart_hosts = [\"a.example\", \"a.example:25\"]").text, "is there twice"));
  BOOST_TEST(has(connector("smart_hosts = [\"a.example\", \"192.0.2.1\"]").text, "no name to verify"));
}

BOOST_AUTO_TEST_CASE(a_user_needs_a_password_and_a_smart_host_that_proves_who_it_is) {
  const auto with = [](const std::string& more) { return connector("smart_hosts = \"a.example\"\n" + more); };
  BOOST_TEST(with("username = \"\"\npassword_file = \"\"").policy.has_value());
  BOOST_TEST(with("username = \"u\"\npassword_file = \"p\"").policy.has_value());
  BOOST_TEST(has(with("username = \"u\"").text, "needs a password_file"));
  BOOST_TEST(has(with("password_file = \"p\"").text, "of no use without a username"));
  BOOST_TEST(has(with("username = \"u:v\"\npassword_file = \"p\"").text, "colon"));
  BOOST_TEST(has(with("username = \"u\"\npassword_file = \"p\"\ntls_settings = \"encryption_only\"").text,
                 "give the password"));
}

BOOST_AUTO_TEST_CASE(the_name_in_the_certificate_may_have_a_wildcard_for_its_first_label) {
  const auto with = [](const std::string& domain) {
    return connector("smart_hosts = \"a.example\"\ntls_domain = \"" + domain + "\"");
  };
  const auto good = with("*.partner.example");
  BOOST_TEST_REQUIRE(good.policy.has_value(), good.text);
  BOOST_TEST(good.policy->connectors.front().tls_domain == "*.partner.example");
  for (const auto* wrong : {"*", "*.", "*.example", "*.example.", "mail.*.example", "m*.partner.example",
                            "**.partner.example", "*.*.partner.example", "*partner.example", "*..example"})
    BOOST_TEST(has(with(wrong).text, "is not of the form *.partner.example"), wrong << with(wrong).text);
  BOOST_TEST(has(with("*.b\u00fccher.example").text, "xn--"));
  BOOST_TEST(has(with("b\u00fccher.example").text, "xn--"));
  BOOST_TEST(has(with("a..example").text, "is not a host name"));
}

BOOST_AUTO_TEST_CASE(a_final_dot_is_how_dns_writes_a_whole_name) {
  const auto dotted = connector("smart_hosts = \"smtp.zivver.com.:587\"");
  BOOST_TEST_REQUIRE(dotted.policy.has_value(), dotted.text);
  const auto& one = dotted.policy->connectors.front();
  BOOST_TEST(one.certificate_name(one.smart_hosts.front()) == "smtp.zivver.com");
  const auto domain = connector("smart_hosts = \"a.example\"\ntls_domain = \"smtp.zivver.com.\"");
  BOOST_TEST_REQUIRE(domain.policy.has_value(), domain.text);
  BOOST_TEST(domain.policy->connectors.front().tls_domain == "smtp.zivver.com");
}

BOOST_AUTO_TEST_CASE(nothing_but_a_name_gets_into_the_mtas_configuration) {
  for (const auto* keys :
       {"transport = \"pams unix\"", "transport = \"PAMS\"", "transport = \"\"", "tls_domain = \"a b\"",
        "tls_domain = \"192.0.2.1\"", "tls_ca_file = \"\"", "max_message_size = 0"})
    BOOST_TEST(!connector("smart_hosts = \"a.example\"\n" + std::string(keys)).policy.has_value(), keys);
}

BOOST_AUTO_TEST_CASE(no_rule_may_touch_the_flag_or_the_seal) {
  for (const auto* name : {"Zivver-Relay", "zivver-relay", "x-pams-sealed"}) {
    const std::string head = "[[transport_rule]]\nname = \"r\"\n[[transport_rule.do]]\n";
    BOOST_TEST(has(reported(head + "remove_header = \"" + name + "\"\n"),
                   "rules1.toml:4:1: error: no rule may change the header"));
    BOOST_TEST(has(reported(head + "set_header = { name = \"" + name + "\", value = \"ab\" }\n"),
                   "no rule may change the header"));
  }
}

BOOST_AUTO_TEST_CASE(an_element_of_do_holds_exactly_one_known_action) {
  const std::string head = "[[transport_rule]]\nname = \"r\"\n[[transport_rule.do]]\n";
  BOOST_TEST(
      has(reported(head + "delete_message = true\narchive = \"compliance\"\n"), "holds exactly one action"));
  BOOST_TEST(has(reported(head), "holds exactly one action"));
  BOOST_TEST(has(reported(head + "delete_mesage = true\n"), "did you mean 'delete_message'?"));
  BOOST_TEST(has(reported(head + "delete_message = false\n"), "error: delete_message must be a table"));
  BOOST_TEST(
      has(reported("[[transport_rule]]\nname = \"r\"\ndo = \"archive\"\n"), "write [[transport_rule.do]]"));
}

BOOST_AUTO_TEST_CASE(names_of_rules_and_connectors_stand_for_one_thing_each) {
  const std::string rule = "[[transport_rule]]\nname = \"r\"\ndo = [{ delete_message = true }]\n";
  BOOST_TEST(has(load_texts({std::string(kGateway), rule, rule}).text,
                 "rules2.toml:2:8: error: there is a rule 'r' already"));
  BOOST_TEST(has(reported("[[outbound_connector]]\nname = \"zivver\"\nsmart_hosts = \"a.example\"\n"),
                 "there is an outbound connector 'zivver' already"));
}

BOOST_AUTO_TEST_CASE(two_connectors_never_share_a_transport) {
  BOOST_TEST(has(reported("[[outbound_connector]]\nname = \"B\"\nsmart_hosts = \"b.example\"\n"),
                 "rules1.toml:2:8: error: connectors 'Zivver' and 'B' have the same transport 'pams'"));
}

BOOST_AUTO_TEST_CASE(a_section_that_stands_once_is_refused_the_second_time) {
  BOOST_TEST(has(reported("[pams]\nconnector = \"Partner\"\n"),
                 "rules1.toml:1:1: error: [pams] stands in pams.toml already"));
}

BOOST_AUTO_TEST_CASE(a_section_that_is_written_in_the_other_way_is_an_error) {
  BOOST_TEST(has(reported("[[limits]]\n"), "rules1.toml:1:1: error: must be one table: write [limits]"));
  BOOST_TEST(has(reported("[outbound_connector]\n"),
                 "rules1.toml:1:1: error: must be a list of tables: write [[outbound_connector]]"));
}

BOOST_AUTO_TEST_CASE(rules_of_later_files_follow) {
  const auto rule = [](const std::string& name) {
    return "[[transport_rule]]\nname = \"" + name + "\"\ndo = [{ delete_message = true }]\n";
  };
  const auto loaded = load_texts({std::string(kGateway) + rule("a"), rule("b") + rule("c"), rule("d")});
  BOOST_TEST_REQUIRE(loaded.policy.has_value());
  std::string names;
  for (const auto& one : loaded.policy->rules) names += one.name;
  BOOST_TEST(names == "abcd");
}

BOOST_AUTO_TEST_CASE(two_rules_with_two_routes_are_warned_about) {
  const auto rule = [](const std::string& name, const std::string& connector, const std::string& more = "") {
    return "[[transport_rule]]\nname = \"" + name + "\"\n" + more +
           "do = [{ route_message_outbound_connector = \"" + connector + "\" }]\n";
  };
  const auto loaded = load_texts({std::string(kGateway), rule("a", "Zivver") + rule("b", "Partner")});
  BOOST_TEST(loaded.policy.has_value());
  BOOST_TEST(has(loaded.text, "warning: rule 'a' names the connector 'Zivver'"));
  BOOST_TEST(reported(rule("a", "Zivver") + rule("b", "Zivver")) == "");
  BOOST_TEST(reported(rule("a", "Zivver") + rule("b", "Partner", "mode = \"audit\"\n")) == "");
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_to_notify_is_warned_about_because_it_only_audits) {
  const auto rule = [](const std::string& mode) {
    return "[[transport_rule]]\nname = \"r\"\nmode = \"" + mode + "\"\ndo = [{ delete_message = true }]\n";
  };
  const auto loaded = load_texts({std::string(kGateway), rule("audit_and_notify")});
  BOOST_TEST_REQUIRE(loaded.policy.has_value());
  BOOST_TEST(has(loaded.text,
                 "rules1.toml:3:8: warning: audit_and_notify notifies nobody yet: the rule only audits"),
             loaded.text);
  BOOST_TEST(reported(rule("audit")) == "");
}

BOOST_AUTO_TEST_CASE(exchange_online_without_its_organization_would_trust_every_tenant) {
  BOOST_TEST(
      has(load_texts({"[[trust.exchange_online]]\ncertificate = \"mail.protection.outlook.com\"\n"}).text,
          "needs the key 'originator_org'"));
  BOOST_TEST(has(load_texts({"[[trust.exchange_online]]\ncertificate = \"c\"\noriginator_org = []\n"}).text,
                 "at least one originator_org"));
  BOOST_TEST(has(load_texts({"[trust]\nexchange_online = true\n"}).text, "write [[trust.exchange_online]]"));
}

BOOST_AUTO_TEST_CASE(patterns_and_header_names_are_checked_when_they_are_read) {
  const auto pams = [](const std::string& keys) {
    return load_texts({"[organization]\naccepted_domains = \"example.org\"\n[pams]\nenabled = false\n" +
                       keys + "\n"})
        .text;
  };
  BOOST_TEST(
      has(pams("pattern = \"(\""), "pams.toml:5:11: error: pattern: '(' is not a pattern that RE2 knows"));
  BOOST_TEST(has(pams("pattern = \"\""), "would match everything"));
  BOOST_TEST(has(pams("header = \"zivver relay\""), "cannot be the name of the flag"));
  BOOST_TEST(has(pams("header = \"X-PAMS-Sealed\""), "cannot be the name of the flag"));
}

BOOST_AUTO_TEST_CASE(every_choice_is_read_as_what_it_says) {
  const auto pams = [](const std::string& keys) {
    return load_texts(
               {"[organization]\naccepted_domains = \"example.org\"\n[pams]\nenabled = false\n" + keys})
        .policy.value()
        .pams;
  };
  BOOST_TEST((pams("on_anomaly = \"reject\"\n").on_anomaly == OnAnomaly::Reject));
  BOOST_TEST((pams("when_disabled = \"defer\"\n").when_disabled == OnAnomaly::Defer));
  BOOST_TEST((pams("untrusted = \"reject\"\n").untrusted == Untrusted::Reject));
  BOOST_TEST((pams("untrusted = \"keep\"\n").untrusted == Untrusted::Keep));
  BOOST_TEST((pams("carrier_subject = \"keep\"\n").carrier_subject == CarrierSubject::Keep));
  BOOST_TEST((pams("extra_recipients = \"refuse\"\n").extra_recipients == ExtraRecipients::Refuse));
  const auto policy = test::gateway(test::rule(
      "r", "{ delete_message = true }",
      "mode = \"audit\"\nrule_error_action = \"ignore\"\nrecipients = \"all\"\nsender_address_location = \"header_or_envelope\""));
  const auto& read = policy.rules.front();
  BOOST_TEST((read.mode == Mode::Audit));
  BOOST_TEST((read.error_action == ErrorAction::Ignore));
  BOOST_TEST((read.scope.recipients == RecipientMatch::All));
  BOOST_TEST((read.scope.sender == SenderAddressLocation::HeaderOrEnvelope));
}

BOOST_AUTO_TEST_CASE(a_limit_of_nothing_is_refused) {
  BOOST_TEST(
      has(reported("[limits]\nheader_count = 0\n"), "rules1.toml:2:16: error: header_count must not be 0"));
}

BOOST_AUTO_TEST_CASE(a_disclaimer_is_read_from_its_file_as_the_rules_file_names_it) {
  const schema::Files files{
      [](const std::string& path) -> Result<std::string> {
        if (path == "/etc/rules1.toml/d.html") return std::string("<p>From a file</p>");
        return fail(Failure::Misconfigured, "cannot read " + path);
      },
      [](const std::string& path, const Source* from) { return "/etc/" + from->name + "/" + path; }};
  const auto rule = [](const std::string& file) {
    return "[[transport_rule]]\nname = \"r\"\n[[transport_rule.do]]\napply_html_disclaimer = { html_file = \"" +
           file + "\" }\n";
  };
  const auto loaded = load_texts({std::string(kGateway), rule("d.html")}, files);
  BOOST_TEST_REQUIRE(loaded.policy.has_value(), loaded.text);
  const auto plan = test::evaluate(*loaded.policy, "Subject: a\n\nHello\n");
  BOOST_TEST(has(plan.outgoing.wire(), "From a file"));
  BOOST_TEST(has(load_texts({std::string(kGateway), rule("e.html")}, files).text,
                 "error: html_file: cannot read /etc/rules1.toml/e.html"));
}

BOOST_AUTO_TEST_CASE(a_policy_knows_whether_its_rules_look_at_the_body) {
  const auto needs = [](const std::string& rule) {
    return load_texts({std::string(kGateway), "[[transport_rule]]\nname = \"r\"\n" + rule})
        .policy.value()
        .rules_need_body();
  };
  BOOST_TEST(!needs("do = [{ set_header = { name = \"X-A\", value = \"1\" } }]\n"));
  BOOST_TEST(needs("do = [{ archive = \"compliance\" }]\n"));
  BOOST_TEST(needs("if = { message_size_over = 5 }\ndo = [{ delete_message = true }]\n"));
  BOOST_TEST(needs("except_if = { attachment_size_over = 5 }\ndo = [{ delete_message = true }]\n"));
  BOOST_TEST(!needs("enabled = false\ndo = [{ archive = \"compliance\" }]\n"));
}

BOOST_AUTO_TEST_SUITE_END()
