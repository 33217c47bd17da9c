// Gateways that are one edit away from a good one, and the check that must fail for each.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "milter/mta/process.hpp"
#include "rules/base/text.hpp"
#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::test::PostfixSite;

namespace {

/// One edit away from a good gateway, and the check that must see it.
struct Misconfiguration {
  const char* name;
  const char* check;
  std::function<void(const PostfixSite&)> edit;
};

auto add_to_main(const char* text) {
  return [text](const PostfixSite& site) { site.append("main.cf", text); };
}
auto in_file(const char* file, const char* from, const char* to) {
  return [=](const PostfixSite& site) { site.replace(file, from, to); };
}
auto in_transport(const char* from, const char* to) { return in_file("master.cf", from, to); }
auto add_listener(const char* text) {
  return [text](const PostfixSite& site) { site.append("master.cf", text); };
}
auto without_file(const char* file) {
  return [file](const PostfixSite& site) { std::remove((site.directory + "/" + file).c_str()); };
}
/// A table of the site's in front of ours.
auto table_in_front(const char* parameter, const char* table, const char* ours) {
  return [=](const PostfixSite& site) {
    site.write("front", table);
    site.append("main.cf", std::string(parameter) + " = regexp:" + site.directory +
                               "/front, pcre:" + site.directory + "/" + ours);
  };
}
auto table_after(const char* parameter, const char* table, const char* ours) {
  return [=](const PostfixSite& site) {
    site.write("after", table);
    site.append("main.cf", std::string(parameter) + " = pcre:" + site.directory + "/" + ours +
                               ", regexp:" + site.directory + "/after");
  };
}

const std::vector<Misconfiguration> kMilter{
    {"smtpd_milters is empty", "milter", add_to_main("smtpd_milters =")},
    {"non_smtpd_milters is empty", "milter", add_to_main("non_smtpd_milters =")},
    {"our entry says accept", "milter",
     in_file("main.cf", "default_action=tempfail", "default_action=accept")},
    {"no action of our own, and accept for all", "milter",
     [](const PostfixSite& site) {
       site.append("main.cf", "milter_default_action = accept\nsmtpd_milters = unix:pams-milter/pams.sock");
     }},
    {"a proxy filter takes the content of all mail", "proxy_filter",
     add_to_main("smtpd_proxy_filter = 127.0.0.1:10024")},
    {"another socket", "milter", in_file("main.cf", "pams-milter/pams.sock", "pams-milter/old.sock")},
    {"a listener without milters and without header checks", "milter",
     add_listener("127.0.0.1:10025 inet n - n - - smtpd\n"
                  "  -o receive_override_options=no_milters,no_header_body_checks")},
    {"a listener whose own entry says accept", "milter",
     add_listener("submission inet n - y - - smtpd\n"
                  "  -o smtpd_milters={unix:pams-milter/pams.sock,default_action=accept}")},
    {"no milters and no header checks for all", "milter",
     add_to_main("receive_override_options = no_milters, no_header_body_checks")},
    {"cleanup takes other non_smtpd_milters", "milter",
     in_file("master.cf", "0       cleanup\n",
             "0       cleanup\n  -o smtpd_milters= -o non_smtpd_milters= -o header_checks=\n")},
    {"milter_header_checks is empty", "milter_header_checks", add_to_main("milter_header_checks =")},
    {"the table of what is sealed is gone", "milter_header_checks",
     without_file("pams_milter_header_checks")},
    {"FILTRE", "milter_header_checks", in_file("pams_milter_header_checks", "FILTER", "FILTRE")},
    {"FILTER without a colon", "milter_header_checks",
     in_file("pams_milter_header_checks", "pams:unix:pams-milter/relay.sock", "pams")},
    {"FILTER to another socket", "milter_header_checks",
     in_file("pams_milter_header_checks", "relay.sock", "other.sock")},
    {"FILTER to the smart host itself", "milter_header_checks",
     in_file("pams_milter_header_checks", "unix:pams-milter/relay.sock", "[smtp.zivver.example]:25")},
    {"a table of the site answers to what is sealed first", "milter_header_checks",
     table_in_front("milter_header_checks", "/^X-PAMS-/ IGNORE\n", "pams_milter_header_checks")},
    {"what is sealed for a connector that is no more has no way", "milter_header_checks",
     in_file("pams_milter_header_checks", "/^X-PAMS-Sealed[[:space:]]*:/ ", "/^X-Other:/ ")},
    {"a cleanup of a listener has no milter_header_checks", "milter_header_checks",
     [](const PostfixSite& site) {
       site.append("master.cf",
                   "other unix n - y - 0 cleanup\n  -o milter_header_checks=\n"
                   "smtps inet n - y - - smtpd\n  -o cleanup_service_name=other");
     }},
};

const std::vector<Misconfiguration> kGuardRules{
    {"header_checks is empty", "header_checks", add_to_main("header_checks =")},
    {"the table of the guard rules is gone", "header_checks", without_file("pams_header_checks")},
    {"the guard rules say FILTRE", "header_checks",
     in_file("pams_header_checks", "FILTER retry:", "FILTRE retry:")},
    {"the guard rules catch one letter case only", "header_checks",
     in_file("pams_header_checks", "/^zivver-relay[[:space:]]*:/ ", "/^Zivver-Relay[[:space:]]*:/i ")},
    {"the guard rules send mail on", "header_checks",
     in_file("pams_header_checks", "FILTER retry:", "FILTER smtp:")},
    {"the rule for what is requeued is gone", "header_checks",
     in_file("pams_header_checks", "/^X-PAMS-Sealed", "/^X-Other")},
    {"a table of the site answers first", "header_checks",
     table_in_front("header_checks", "/^zivver-/ DUNNO\n", "pams_header_checks")},
    {"local mail gets the cleanup without the guard rules", "header_checks",
     [](const PostfixSite& site) {
       site.append("master.cf", "pams-inbound unix n - y - 0 cleanup\n  -o header_checks=");
       site.replace("master.cf", "pickup\n", "pickup -o cleanup_service_name=pams-inbound\n");
     }},
    {"a listener without header checks", "header_checks",
     add_listener("smtps inet n - y - - smtpd\n  -o receive_override_options=no_header_body_checks")},
    {"mime_header_checks follow header_checks", "mime_header_checks",
     add_to_main("mime_header_checks = $header_checks")},
    {"nested_header_checks are unset", "mime_header_checks",
     in_file("main.cf", "nested_header_checks =", "#nested_header_checks =")},
    {"a later FILTER of the site for what milters add", "other_filters",
     table_after("milter_header_checks", "/^X-Spam: yes/ FILTER smtp:[spam.example]\n",
                 "pams_milter_header_checks")},
    {"a FILTER of the site in body_checks", "other_filters",
     add_to_main("body_checks = regexp:{{/viagra/ FILTER smtp:[spam.example]}}")},
    {"a rule of body_checks redirects mail past the milter", "content_redirects",
     add_to_main("body_checks = regexp:{{/viagra/ REDIRECT eve@evil.example}}")},
    {"an access table redirects mail", "redirects",
     add_to_main("smtpd_recipient_restrictions = check_client_access static:{REDIRECT eve@evil.example}")},
    {"a restriction class redirects mail", "redirects",
     [](const PostfixSite& site) {
       site.write("access", "bob@example.org REDIRECT eve@evil.example\n");
       site.append("main.cf", "smtpd_restriction_classes = own\nown = check_recipient_access texthash:" +
                                  site.directory + "/access\nsmtpd_sender_restrictions = own");
     }},
    {"a FILTER inside a union of tables", "other_filters",
     add_to_main("body_checks = unionmap:{regexp:{{/viagra/ FILTER smtp:[spam.example]}}}")},
    {"a table whose rules nobody can list", "other_filters", add_to_main("body_checks = tcp:127.0.0.1:1")},
    {"the guard rules want a word as value", "header_checks",
     in_file("pams_header_checks", "*:/ FILTER retry", "*: [a-z]+$/ FILTER retry")},
    {"the guard rules miss a folded value", "header_checks",
     in_file("pams_header_checks", "*:/ FILTER retry", "*:[ \\t]*[^ \\t\\n]*$/ FILTER retry")},
    {"an old milter protocol", "milter_protocol", add_to_main("milter_protocol = 2")},
    {"recipients that aliases merge are one", "original_recipients",
     add_to_main("enable_original_recipient = no")},
    {"notices carry what they are about", "bounces", add_to_main("bounce_size_limit = 50000")},
    {"the bounce service has a size of its own", "bounces",
     in_file("master.cf", "0       bounce\n", "0       bounce -o bounce_size_limit=5000\n")},
    {"no retry service", "retry_service", in_file("master.cf", "retry     unix", "later     unix")},
    {"retry is no error service", "retry_service",
     in_file("master.cf", "retry     unix  -       -       y       -       -       error",
             "retry     unix  -       -       y       -       -       smtp")},
};

const std::vector<Misconfiguration> kTransport{
    {"a second entry for the transport, without the settings of the first", "transport",
     add_listener("pams unix - - n - - lmtp\n")},
    {"no pams transport", "transport", in_transport("\npams       unix", "\nsecret     unix")},
    {"the transport speaks SMTP", "transport",
     in_transport("-       lmtp\n    -o syslog_name=postfix/pams",
                  "-       smtp\n    -o syslog_name=postfix/pams")},
    {"the transport may reach other machines", "transport",
     in_transport("lmtp_bind_address=192.0.0.8", "lmtp_bind_address=")},
    {"the transport may reach other ports of this machine", "transport",
     in_transport("lmtp_bind_address=192.0.0.8", "lmtp_bind_address=127.0.0.1")},
    {"the transport may reach other ports of this machine with IPv6", "transport",
     in_transport("lmtp_bind_address6=100::", "lmtp_bind_address6=::1")},
    {"the transport tries to reach the relay's socket only", "transport",
     in_transport("lmtp_bind_address_enforce=yes", "lmtp_bind_address_enforce=no")},
    {"TLS with the relay", "transport", in_transport("level=none", "level=encrypt")},
    {"a policy table, and no -o against it", "transport",
     [](const PostfixSite& site) {
       site.replace("master.cf", "    -o lmtp_tls_policy_maps=\n", "");
       site.append("main.cf", "lmtp_tls_policy_maps = static:encrypt");
     }},
    {"a fallback relay, and no -o against it", "transport",
     [](const PostfixSite& site) {
       site.replace("master.cf", "    -o lmtp_fallback_relay=\n", "");
       site.append("main.cf", "lmtp_fallback_relay = [mx.example.org]");
     }},
    {"the last guard rule stops what is sealed too", "transport",
     in_transport("    -o lmtp_header_checks=\n", "")},
    {"generic maps rewrite addresses", "transport",
     in_transport("lmtp_generic_maps=", "lmtp_generic_maps=static:x@example.org")},
    {"answers of the relay are rewritten", "transport",
     in_transport("lmtp_reply_filter=", "lmtp_reply_filter=static:250")},
    {"fifty recipients at a time", "recipient_limit",
     in_file("main.cf", "pams_destination_recipient_limit", "#pams_destination_recipient_limit")},
};

/// What could take the flag away before the milter: values as long as real ones.
const std::vector<Misconfiguration> kFlag{
    {"a rule removes the flag", "flag_survives",
     table_in_front("header_checks", "/^zivver-relay:/ IGNORE\n", "pams_header_checks")},
    {"a rule removes every long header", "flag_survives",
     table_in_front("header_checks", "/^.{900,}/ STRIP\n", "pams_header_checks")},
    {"a rule removes headers of 150 characters", "flag_survives",
     table_in_front("header_checks", "/^[^ ]+: .{150,}$/ IGNORE\n", "pams_header_checks")},
    {"a rule replaces what looks like a domain", "flag_survives",
     table_in_front("header_checks", "/^[a-z-]+: [0-9a-f-]{36}\\.[a-z.]+$/ REPLACE X-Id: gone\n",
                    "pams_header_checks")},
    {"a rule for one value that nobody can guess", "flag_survives",
     table_in_front("header_checks", "/^Zivver-Relay: client\\.example$/\tignore\n", "pams_header_checks")},
    {"a folded flag goes", "flag_survives",
     table_in_front("header_checks", "/^zivver-re.*[[:cntrl:]]/ IGNORE\n", "pams_header_checks")},
    {"message_drop_headers", "flag_survives", add_to_main("message_drop_headers = bcc, Zivver-Relay")},
    {"an inbound cleanup drops it", "flag_survives",
     [](const PostfixSite& site) {
       site.append("master.cf",
                   "other unix n - y - 0 cleanup\n  -o message_drop_headers=zivver-relay\n"
                   "smtps inet n - y - - smtpd\n  -o cleanup_service_name=other");
     }},
};

/// Does what the remedy says; false when it is none that a program could follow.
bool follow(const std::string& remedy, const PostfixSite& site) {
  if (remedy.starts_with("pamsctl setup postfix --apply")) {
    std::filesystem::remove_all(site.directory + "/pams-backup-20260101T000000Z");
    site.set_up();
    return true;
  }
  if (!remedy.starts_with("postconf -")) return false;
  auto command = remedy.substr(
      0, std::min({remedy.find(" && postfix reload"), remedy.find("; "), remedy.find(" && pamsctl")}));
  command = text::replace_all(command, "postconf -", "postconf -c " + site.directory + " -");
  const auto done = milter::mta::run_process({"/bin/sh", "-c", command}, {"PATH=/usr/sbin:/usr/bin:/bin"},
                                             std::chrono::seconds(30));
  BOOST_TEST_REQUIRE(done.has_value());
  BOOST_TEST(done->exit_code == 0, command << ": " << done->errors);
  site.append("main.cf", "");
  return true;
}

/// The remedies one after the other, as an operator would: the one that comes first changes what fails after
/// it.
void expect_that_remedies_help(const PostfixSite& site) {
  constexpr int kEnough = 6;
  for (int number = 0; number < kEnough; ++number) {
    const auto failing = site.failing();
    if (std::ranges::none_of(failing, [&](const auto& one) { return follow(one.second.remedy, site); }))
      break;
  }
  for (const auto& [id, finding] : site.failing()) {
    const bool can_be_followed =
        finding.remedy.starts_with("pamsctl setup") || finding.remedy.starts_with("postconf ");
    BOOST_TEST(!can_be_followed,
               id << " fails in spite of its remedy: " << finding.seen << "; " << finding.remedy);
  }
}

void each_is_seen(const std::vector<Misconfiguration>& all) {
  PostfixSite site;
  site.set_up();
  site.save();
  site.expect_verified();
  for (const auto& one : all) {
    BOOST_TEST_CONTEXT(one.name) {
      one.edit(site);
      const auto failing = site.failing();
      BOOST_TEST(failing.contains(one.check), one.check << " must fail");
      for (const auto& [id, finding] : failing) BOOST_TEST(finding.remedy != "", id);
      expect_that_remedies_help(site);
    }
    site.put_back();
  }
  site.expect_verified();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(misconfigurations, *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(mail_that_would_pass_the_milter_by_is_seen) { each_is_seen(kMilter); }
BOOST_AUTO_TEST_CASE(a_hole_in_the_guard_rules_is_seen) { each_is_seen(kGuardRules); }
BOOST_AUTO_TEST_CASE(a_transport_that_changes_or_diverts_what_is_sealed_is_seen) { each_is_seen(kTransport); }
BOOST_AUTO_TEST_CASE(a_rule_that_takes_the_flag_is_seen) { each_is_seen(kFlag); }

BOOST_AUTO_TEST_SUITE_END()
