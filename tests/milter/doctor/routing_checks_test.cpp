#include <algorithm>
#include <cstring>
#include <functional>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/doctor/evaluate_route.hpp"
#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::tests::PostfixSite;

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
  return [file](const PostfixSite& site) { std::remove((site.folder + "/" + file).c_str()); };
}
/// A table of the site's in front of ours.
auto table_in_front(const char* parameter, const char* table, const char* ours) {
  return [=](const PostfixSite& site) {
    site.write("front", table);
    site.append("main.cf", std::string(parameter) + " = regexp:" + site.folder +
                               "/front, pcre:" + site.folder + "/" + ours);
  };
}
auto table_behind(const char* parameter, const char* table, const char* ours) {
  return [=](const PostfixSite& site) {
    site.write("behind", table);
    site.append("main.cf", std::string(parameter) + " = pcre:" + site.folder + "/" + ours +
                               ", regexp:" + site.folder + "/behind");
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

const std::vector<Misconfiguration> kNet{
    {"header_checks is empty", "header_checks", add_to_main("header_checks =")},
    {"the net's table is gone", "header_checks", without_file("pams_header_checks")},
    {"the net says FILTRE", "header_checks", in_file("pams_header_checks", "FILTER retry:", "FILTRE retry:")},
    {"the net catches one letter case only", "header_checks",
     in_file("pams_header_checks", "/^zivver-relay[[:space:]]*:/ ", "/^Zivver-Relay[[:space:]]*:/i ")},
    {"the net sends mail on", "header_checks",
     in_file("pams_header_checks", "FILTER retry:", "FILTER smtp:")},
    {"the rule for what is requeued is gone", "header_checks",
     in_file("pams_header_checks", "/^X-PAMS-Sealed", "/^X-Other")},
    {"a table of the site answers first", "header_checks",
     table_in_front("header_checks", "/^zivver-/ DUNNO\n", "pams_header_checks")},
    {"local mail gets the cleanup without the net", "header_checks",
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
     table_behind("milter_header_checks", "/^X-Spam: yes/ FILTER smtp:[spam.example]\n",
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
                                  site.folder + "/access\nsmtpd_sender_restrictions = own");
     }},
    {"a FILTER inside a union of tables", "other_filters",
     add_to_main("body_checks = unionmap:{regexp:{{/viagra/ FILTER smtp:[spam.example]}}}")},
    {"a table whose rules nobody can list", "other_filters", add_to_main("body_checks = tcp:127.0.0.1:1")},
    {"the net wants a word as value", "header_checks",
     in_file("pams_header_checks", "*:/ FILTER retry", "*: [a-z]+$/ FILTER retry")},
    {"the net misses a folded value", "header_checks",
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
    {"the last net stops what is sealed too", "transport", in_transport("    -o lmtp_header_checks=\n", "")},
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

void each_is_seen(const std::vector<Misconfiguration>& all) {
  PostfixSite site;
  site.set_up();
  site.remember();
  site.expect_verified();
  for (const auto& one : all) {
    BOOST_TEST_CONTEXT(one.name) {
      one.edit(site);
      const auto failing = site.failing();
      BOOST_TEST(failing.contains(one.check), one.check << " must fail");
      for (const auto& [id, finding] : failing) BOOST_TEST(finding.remedy != "", id);
    }
    site.put_back();
  }
  site.expect_verified();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(routing_checks, *boost::unit_test::precondition(pams::tests::postfix_is_installed))

BOOST_AUTO_TEST_CASE(mail_that_would_pass_the_milter_by_is_seen) { each_is_seen(kMilter); }
BOOST_AUTO_TEST_CASE(a_hole_in_the_net_is_seen) { each_is_seen(kNet); }
BOOST_AUTO_TEST_CASE(a_transport_that_changes_or_diverts_what_is_sealed_is_seen) { each_is_seen(kTransport); }
BOOST_AUTO_TEST_CASE(a_rule_that_takes_the_flag_is_seen) { each_is_seen(kFlag); }

BOOST_AUTO_TEST_CASE(while_the_flag_may_be_taken_all_mail_waits_and_not_for_other_faults) {
  PostfixSite site;
  site.set_up();
  const auto evaluated = [&] { return evaluate_route(site.config, site.connector(), site.postfix); };
  BOOST_TEST(evaluated().flag_survives.has_value());
  site.append("main.cf", "milter_header_checks =");
  BOOST_TEST(!evaluated().status.has_value());
  BOOST_TEST(evaluated().flag_survives.has_value());
  site.append("main.cf", "message_drop_headers = zivver-relay");
  const auto taken = evaluated();
  BOOST_TEST_REQUIRE(!taken.flag_survives.has_value());
  BOOST_TEST(taken.flag_survives.error().what.find("route check flag_survives fails") != std::string::npos);
  BOOST_TEST(!taken.status.has_value());
}

BOOST_AUTO_TEST_CASE(a_site_rule_behind_the_net_never_sees_the_flag) {
  PostfixSite site;
  site.set_up();
  table_behind("header_checks", "/^zivver-relay:/ IGNORE\n", "pams_header_checks")(site);
  BOOST_TEST((site.finding("flag_survives").status == CheckStatus::Ok), site.finding("flag_survives").seen);
}

// Settings that once let flagged mail out in clear, or its text in a notice: now it is sealed there.
BOOST_AUTO_TEST_CASE(what_weakens_tls_or_returns_whole_messages_does_no_harm_any_more) {
  PostfixSite site;
  site.set_up();
  site.append("main.cf",
              "notify_classes = resource, software, 2bounce\nsmtp_tls_security_level = none\n"
              "smtp_tls_policy_maps = static:none\nsmtp_fallback_relay = [backup.example.org]\n"
              "tls_high_cipherlist = eNULL:HIGH\nsmtp_tls_CAfile = /nonexistent");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(an_accepting_default_does_no_harm_where_our_entry_says_tempfail) {
  PostfixSite site;
  site.set_up();
  site.append("main.cf", "milter_default_action = accept");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(a_signer_in_front_of_ours_is_a_warning_with_the_line_to_paste) {
  PostfixSite site;
  site.set_up();
  site.replace("main.cf", "smtpd_milters = { unix", "smtpd_milters = inet:localhost:8891, { unix");
  const auto finding = site.finding("milter_order");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.remedy.find("postconf -e 'smtpd_milters={ unix:") == 0U, finding.remedy);
  BOOST_TEST((site.finding("milter").status == CheckStatus::Ok));
}

BOOST_AUTO_TEST_CASE(scanners_belong_in_front_of_ours_and_signers_behind_it) {
  PostfixSite site;
  site.set_up();
  site.remember();
  site.replace("main.cf", "smtpd_milters = { unix", "smtpd_milters = inet:127.0.0.1:11332, { unix");
  BOOST_TEST((site.finding("milter_order").status == CheckStatus::Ok), site.finding("milter_order").seen);
  site.put_back();
  site.append("main.cf",
              "smtpd_milters = unix:opendkim/opendkim.sock, inet:host:1, "
              "{unix:pams-milter/pams.sock,default_action=tempfail}, unix:/clamav/clamav-milter.ctl");
  const auto finding = site.finding("milter_order");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.seen.find("in front of pams-milter stands unix:opendkim") != std::string::npos,
             finding.seen);
  BOOST_TEST(finding.seen.find("behind pams-milter stands unix:/clamav") != std::string::npos, finding.seen);
  BOOST_TEST(finding.remedy.find(
                 "smtpd_milters=inet:host:1, unix:/clamav/clamav-milter.ctl, {unix:pams-milter/"
                 "pams.sock,default_action=tempfail}, unix:opendkim/opendkim.sock'") != std::string::npos,
             finding.remedy);
}

BOOST_AUTO_TEST_CASE(a_proxy_filter_fails_unless_the_site_says_that_its_mail_comes_back) {
  PostfixSite site;
  site.set_up();
  site.append("master.cf", "submission inet n - y - - smtpd\n  -o smtpd_proxy_filter=127.0.0.1:10024");
  auto finding = site.finding("proxy_filter");
  BOOST_TEST((finding.status == CheckStatus::Fail), finding.seen);
  BOOST_TEST(finding.remedy.find("--outbound smtp/inet --outbound pickup") != std::string::npos,
             finding.remedy);
  site.append("master.cf", "  -o cleanup_service_name=pams-inbound\npams-inbound unix n - y - 0 cleanup");
  finding = site.finding("proxy_filter");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
}

BOOST_AUTO_TEST_CASE(a_listener_that_the_site_took_from_the_milter_is_a_warning_while_the_net_is_there) {
  PostfixSite site;
  site.set_up();
  site.append("master.cf", "127.0.0.1:10025 inet n - n - - smtpd\n  -o receive_override_options=no_milters");
  const auto finding = site.finding("milter");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.seen.find("127.0.0.1:10025/inet") != std::string::npos);
  BOOST_TEST(finding.remedy == "postconf -PX 127.0.0.1:10025/inet/receive_override_options");
}

BOOST_AUTO_TEST_CASE(the_milter_is_found_by_an_absolute_path_inside_the_chroot_and_by_tcp) {
  PostfixSite site;
  site.set_up();
  site.replace("main.cf", "unix:pams-milter/pams.sock", "unix:/pams-milter/pams.sock");
  site.expect_verified();
  site.config.settings.listen = {"", "127.0.0.1", 8894, false};
  BOOST_TEST(!site.failing().empty());
  site.replace("main.cf", "unix:/pams-milter/pams.sock", "inet:localhost:8894");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(the_verifier_says_which_check_fails_and_what_to_do) {
  PostfixSite site;
  site.set_up();
  BOOST_TEST(evaluate_route(site.config, site.connector(), site.postfix).status.has_value());
  site.append("main.cf", "milter_header_checks =");
  const auto status = evaluate_route(site.config, site.connector(), site.postfix).status;
  BOOST_TEST_REQUIRE(!status.has_value());
  BOOST_TEST((status.error().failure == Failure::Misconfigured));
  BOOST_TEST(status.error().what.find("route check milter_header_checks fails") != std::string::npos);
  BOOST_TEST(status.error().what.find("remedy: pamsctl setup postfix --apply") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_key_is_not_verified) {
  PostfixSite site;
  site.set_up();
  site.config.settings.seal_key_file += ".gone";
  const auto status = evaluate_route(site.config, site.connector(), site.postfix).status;
  BOOST_TEST_REQUIRE(!status.has_value());
  BOOST_TEST(status.error().what.find("route check seal_key fails") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_read_is_not_verified) {
  PostfixSite site;
  site.set_up();
  chmod(site.config.settings.seal_key_file.c_str(), 0644);
  BOOST_TEST((site.finding("seal_key").status == CheckStatus::Fail));
}

BOOST_AUTO_TEST_CASE(a_relay_that_does_not_listen_is_told_and_holds_no_mail_back) {
  PostfixSite site;
  site.set_up();
  const auto finding = site.finding("relay");
  BOOST_TEST((finding.status == CheckStatus::Fail), finding.seen);
  BOOST_TEST(finding.remedy == "systemctl start pams-relay");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(only_a_greeting_makes_a_relay) {
  PostfixSite site;
  for (const auto* said : {"220 gate LMTP\r\n", "421 stopping\r\n", ""}) {
    const auto& path = site.config.settings.relay.listen.unix_path;
    std::remove(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    const milter::Fd listener(socket(AF_UNIX, SOCK_STREAM, 0));
    BOOST_TEST_REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    BOOST_TEST_REQUIRE(listen(listener.get(), 1) == 0);
    std::jthread relay([&] {
      const milter::Fd client(accept(listener.get(), nullptr, nullptr));
      BOOST_TEST(write(client.get(), said, std::strlen(said)) == static_cast<ssize_t>(std::strlen(said)));
    });
    const auto finding = site.finding("relay");
    BOOST_TEST((finding.status == CheckStatus::Ok) == (said[0] == '2'), finding.seen);
  }
}

BOOST_AUTO_TEST_CASE(a_client_of_lmtp_without_the_last_net_is_told) {
  PostfixSite site;
  site.set_up();
  BOOST_TEST((site.finding("last_net").status == CheckStatus::Ok), site.finding("last_net").seen);
  site.append("master.cf", "dovecot unix - - n - - lmtp\n  -o lmtp_header_checks=");
  const auto finding = site.finding("last_net");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.remedy.find("postconf -PX dovecot/unix/lmtp_header_checks") == 0U, finding.remedy);
}

BOOST_AUTO_TEST_CASE(a_table_that_changes_is_noticed_by_the_daemons_verifier) {
  PostfixSite site;
  site.set_up();
  const auto verifier = make_route_verifier(std::make_shared<const milter::Config>(site.config));
  BOOST_TEST(verifier->verified(site.connector()).has_value());
  BOOST_TEST(verifier->verified(site.connector()).has_value());
  site.replace("pams_milter_header_checks", "FILTER", "FILTRE");
  BOOST_TEST(!verifier->verified(site.connector()).has_value());
}

BOOST_AUTO_TEST_CASE(without_postfix_nothing_is_verified) {
  PostfixSite site;
  site.set_up();
  site.config.settings.postfix_config = "/nonexistent";
  const auto verifier = make_route_verifier(std::make_shared<const milter::Config>(site.config));
  BOOST_TEST(!verifier->verified(site.connector()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
