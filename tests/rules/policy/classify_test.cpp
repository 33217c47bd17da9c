#include "rules/policy/classify.hpp"

#include <ostream>

#include <boost/test/unit_test.hpp>

#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;

namespace {

const Client kTrusted{"127.0.0.1", "", ""};
const Client kStranger{"192.0.2.1", "", ""};
const Client kZivver{"203.0.113.7", "", ""};
const Client kMicrosoft{"192.0.2.2", "", "mail.protection.outlook.com"};

Classification classified(std::string_view header, const Client& client,
                          std::vector<std::string> recipients = {"piet@klant.example"},
                          std::string_view limits = "", std::string_view pams_keys = "") {
  auto toml = std::string(test::kGateway);
  toml.insert(toml.find("connector = \"Zivver\""), std::string(pams_keys) + "\n");
  const auto policy = test::load_texts({toml}).policy.value();
  return classify(policy, parse_message(std::string(header) + "\n\n").headers,
                  {"anna@example.org", std::move(recipients)}, client, limits);
}

MessageClass class_of(std::string_view header, const Client& client) {
  return classified(header, client).value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_classify)

BOOST_AUTO_TEST_CASE(the_header_from_a_trusted_peer_flags_in_any_spelling) {
  for (const auto* header :
       {"zivver-relay: zivver-message-info", "Zivver-Relay: sdr", "ZIVVER-RELAY:ab", "zivver-relay : ab",
        "zivver-relay:\n ab", "zivver-relay: =?utf-8?q?ab?=", "zivver-relay: ab\nZivver-Relay:  ab"})
    BOOST_TEST(class_of(header, kTrusted) == MessageClass::Flagged, header);
}

BOOST_AUTO_TEST_CASE(ordinary_mail_is_outbound_from_trusted_peers_and_inbound_from_others) {
  BOOST_TEST(class_of("Subject: a", kTrusted) == MessageClass::Outbound);
  BOOST_TEST(class_of("Subject: a", kStranger) == MessageClass::Inbound);
  BOOST_TEST(class_of("Subject: a", {"192.0.2.1", "anna", ""}) == MessageClass::Outbound);
  BOOST_TEST(class_of("Subject: a", {"", "", ""}) == MessageClass::Inbound);
}

BOOST_AUTO_TEST_CASE(a_value_that_the_pattern_does_not_match_is_an_anomaly) {
  for (const auto* header :
       {"zivver-relay:", "zivver-relay: 1", "zivver-relay:  \n \n", "zivver-relay: =?utf-8?q?_?="})
    BOOST_TEST(class_of(header, kTrusted) == MessageClass::Anomaly, header);
}

BOOST_AUTO_TEST_CASE(several_fields_with_different_values_are_an_anomaly) {
  BOOST_TEST(class_of("zivver-relay: ab\nZIVVER-RELAY: AB", kTrusted) == MessageClass::Anomaly);
  BOOST_TEST(class_of("zivver-relay: ab\nzivver-relay :", kTrusted) == MessageClass::Anomaly);
}

BOOST_AUTO_TEST_CASE(loop_guards_from_anybody_but_zivver_are_an_anomaly) {
  for (const auto* guard : {"X-Zivver-Transport: ab", "x-zivver-transport:", "skip-zivver-relay: true"})
    BOOST_TEST(class_of(std::string(guard) + "\nzivver-relay: ab", kTrusted) == MessageClass::Anomaly, guard);
}

BOOST_AUTO_TEST_CASE(mail_that_comes_back_from_zivver_is_not_flagged) {
  const auto c = classified("zivver-relay: ab\nX-Zivver-Transport: ab", kZivver);
  BOOST_TEST(c.value == MessageClass::Outbound);
  BOOST_TEST(!c.strip_flag);
}

BOOST_AUTO_TEST_CASE(a_trusted_peer_that_is_said_to_be_zivver_cannot_take_the_flag_back) {
  auto policy = test::gateway("");
  policy.trust.networks.push_back(IpRange::parse("203.0.113.0/24").value());
  const auto c = classify(policy, parse_message("zivver-relay: ab\nX-Zivver-Transport: ab\n\n").headers,
                          {"anna@example.org", {"piet@klant.example"}}, kZivver, "");
  BOOST_TEST(c.value == MessageClass::Anomaly);
  BOOST_TEST(c.reason.find("trust.networks, too") != std::string::npos, c.reason);
}

BOOST_AUTO_TEST_CASE(an_untrusted_flag_inside_the_organization_is_stripped_inbound_mail) {
  const auto c = classified("zivver-relay: ab", kStranger, {"anna@example.org", "bob@mail.example.org"});
  BOOST_TEST(c.value == MessageClass::Inbound);
  BOOST_TEST(c.strip_flag);
  BOOST_TEST(!c.untrusted_relay);
}

BOOST_AUTO_TEST_CASE(an_untrusted_flag_of_one_of_our_senders_shows_a_server_that_is_not_listed) {
  const auto policy = test::gateway("");
  const auto is_seen = [&](const std::string& sender, const std::string& recipient) {
    return classify(policy, parse_message("zivver-relay: ab\n\n").headers, {sender, {recipient}}, kStranger,
                    "")
        .unlisted_server;
  };
  BOOST_TEST(is_seen("anna@example.org", "bob@example.org"));
  BOOST_TEST(!is_seen("piet@klant.example", "bob@example.org"));
  BOOST_TEST(!is_seen("anna@example.org", "piet@klant.example"));
}

BOOST_AUTO_TEST_CASE(an_untrusted_flag_to_anybody_outside_is_a_relay_that_nobody_allowed) {
  BOOST_TEST(
      classified("zivver-relay: ab", kStranger, {"anna@example.org", "piet@klant.example"}).untrusted_relay);
}

BOOST_AUTO_TEST_CASE(pams_untrusted_decides_what_becomes_of_an_untrusted_flag) {
  const std::vector<std::string> inside{"anna@example.org"};
  const auto rejected = classified("zivver-relay: ab", kStranger, inside, "", "untrusted = \"reject\"");
  BOOST_TEST(rejected.reject_flag);
  BOOST_TEST(!rejected.strip_flag);
  const auto kept = classified("zivver-relay: ab", kStranger, inside, "", "untrusted = \"keep\"");
  BOOST_TEST(!kept.reject_flag);
  BOOST_TEST(!kept.strip_flag);
}

BOOST_AUTO_TEST_CASE(exchange_online_needs_the_certificate_and_exactly_one_allowed_organization) {
  const auto trusted = [](std::string_view header, const Client& client) {
    return classified(header, client).trusted;
  };
  BOOST_TEST(trusted("X-OriginatorOrg: Example.OnMicrosoft.com", kMicrosoft));
  BOOST_TEST(!trusted("X-OriginatorOrg: other.onmicrosoft.com", kMicrosoft));
  BOOST_TEST(!trusted("Subject: none", kMicrosoft));
  BOOST_TEST(!trusted("X-OriginatorOrg: example.onmicrosoft.com\nx-originatororg: example.onmicrosoft.com",
                      kMicrosoft));
  BOOST_TEST(
      !trusted("X-OriginatorOrg: example.onmicrosoft.com\nX-OriginatorOrg : evil.example", kMicrosoft));
  BOOST_TEST(!trusted("X-OriginatorOrg: example.onmicrosoft.com", kStranger));
}

BOOST_AUTO_TEST_CASE(another_customer_of_exchange_online_may_not_relay_through_us) {
  const auto relays = [](std::string_view header, std::vector<std::string> recipients) {
    return classified(header, kMicrosoft, std::move(recipients)).untrusted_relay;
  };
  for (const auto* header :
       {"X-OriginatorOrg: other.onmicrosoft.com", "Subject: none",
        "X-OriginatorOrg: example.onmicrosoft.com\nX-OriginatorOrg: example.onmicrosoft.com"}) {
    BOOST_TEST(relays(header, {"anna@example.org", "piet@klant.example"}), header);
    BOOST_TEST(!relays(header, {"anna@example.org"}), header);  // mail from the world to us
  }
  BOOST_TEST(!relays("X-OriginatorOrg: example.onmicrosoft.com", {"piet@klant.example"}));
  const Client other{"192.0.2.2", "", "mail.example.net"};
  BOOST_TEST(classified("X-OriginatorOrg: example.onmicrosoft.com", other).untrusted_relay);
  BOOST_TEST(!classified("Subject: no certificate", kStranger).untrusted_relay);
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_exceeded_is_an_anomaly_whoever_sent_it) {
  BOOST_TEST(classified("Subject: a", kStranger, {"anna@example.org"}, "header_count").value ==
             MessageClass::Anomaly);
  BOOST_TEST(classified("zivver-relay: ab", kTrusted, {}, "header_bytes").value == MessageClass::Anomaly);
}

BOOST_AUTO_TEST_CASE(the_flag_of_a_nested_message_does_not_flag_the_outer_one) {
  const auto policy = test::gateway("");
  const auto message = parse_message("Content-Type: message/rfc822\n\nzivver-relay: ab\n\nx\n");
  BOOST_TEST(classify(policy, message.headers, {"a@example.org", {"b@klant.example"}}, kTrusted, "").value ==
             MessageClass::Outbound);
}

BOOST_AUTO_TEST_CASE(who_is_inside_does_not_depend_on_how_he_is_written) {
  for (const auto* inside :
       {"\"bob\"@example.org", "bob@EXAMPLE.org.", "bob@\uff45xample.org", "bob@exa\u200bmple.org"})
    BOOST_TEST(!classified("zivver-relay: ab", kStranger, {inside}).untrusted_relay, inside);
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_the_inside_is_outside) {
  for (const auto* outside :
       {"bob@ex\u0430mple.org", "bob@exa\u200cmple.org", "\"piet@klant.example\"@example.org",
        "piet%klant.example@example.org", "klant.example!piet@example.org", "\"bob@example.org\"",
        "bob@example.org..", "bob@klant.example\uff20example.org", "\"bob\\\"@example.org\"@klant.example"})
    BOOST_TEST(classified("zivver-relay: ab", kStranger, {outside}).untrusted_relay, outside);
}

BOOST_AUTO_TEST_CASE(an_accepted_domain_may_be_written_in_any_form) {
  const auto policy = test::load_texts({"[organization]\naccepted_domains = [\"B\u00dccher.example.\", "
                                        "\"*.xn--bcher-kva.example\"]\n[pams]\nenabled = false\n"})
                          .policy.value();
  BOOST_TEST(policy.organization.has_address("bob@xn--bcher-kva.example"));
  BOOST_TEST(policy.organization.has_address("bob@b\u00fccher.example"));
  BOOST_TEST(policy.organization.has_address("bob@gw.BU\u0308CHER.example."));
  BOOST_TEST(!policy.organization.has_address("bob@bucher.example"));
}

BOOST_AUTO_TEST_SUITE_END()
