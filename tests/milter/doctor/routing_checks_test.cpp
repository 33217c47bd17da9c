#include <cstring>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter::doctor;
using pams::test::PostfixSite;

BOOST_AUTO_TEST_SUITE(routing_checks, *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(a_site_rule_after_the_guard_rules_never_sees_the_flag) {
  PostfixSite site;
  site.set_up();
  site.write("after", "/^zivver-relay:/ IGNORE\n");
  site.append("main.cf", "header_checks = pcre:" + site.directory +
                             "/pams_header_checks, regexp:" + site.directory + "/after");
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

BOOST_AUTO_TEST_CASE(scanners_belong_in_front_of_ours_and_signers_after_it) {
  PostfixSite site;
  site.set_up();
  site.save();
  site.replace("main.cf", "smtpd_milters = { unix", "smtpd_milters = inet:127.0.0.1:11332, { unix");
  BOOST_TEST((site.finding("milter_order").status == CheckStatus::Ok), site.finding("milter_order").seen);
  site.put_back();
  site.append(
      "main.cf",
      "smtpd_milters = unix:opendkim/opendkim.sock, inet:host:1, {unix:pams-milter/pams.sock,default_action=tempfail}, unix:/clamav/clamav-milter.ctl");
  const auto finding = site.finding("milter_order");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.seen.find("in front of pams-milter stands unix:opendkim") != std::string::npos,
             finding.seen);
  BOOST_TEST(finding.seen.find("after pams-milter stands unix:/clamav") != std::string::npos, finding.seen);
  BOOST_TEST(
      finding.remedy.find(
          "smtpd_milters=inet:host:1, unix:/clamav/clamav-milter.ctl, {unix:pams-milter/pams.sock,default_action=tempfail}, unix:opendkim/opendkim.sock'") !=
          std::string::npos,
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

BOOST_AUTO_TEST_CASE(
    a_listener_that_the_site_took_from_the_milter_is_a_warning_while_the_guard_rules_are_there) {
  PostfixSite site;
  site.set_up();
  site.append("master.cf", "127.0.0.1:10025 inet n - n - - smtpd\n  -o receive_override_options=no_milters");
  const auto finding = site.finding("milter");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.seen.find("127.0.0.1:10025/inet") != std::string::npos);
  BOOST_TEST(finding.remedy ==
             "postconf -PX 127.0.0.1:10025/inet/receive_override_options && postfix reload");
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
  BOOST_TEST(finding.remedy.starts_with("systemctl start pams-relay"), finding.remedy);
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(a_transport_of_an_earlier_setup_is_told_and_holds_no_mail_back) {
  PostfixSite site;
  site.set_up();
  site.save();
  BOOST_TEST((site.finding("transport").status == CheckStatus::Ok));
  const auto is_told = [&](const std::string& words) {
    const auto seen = site.finding("transport");
    BOOST_TEST((seen.status == CheckStatus::Warn), seen.seen);
    BOOST_TEST(seen.seen.find(words) != std::string::npos, seen.seen);
    site.expect_verified();
  };
  site.replace("master.cf", "lmtp_delivery_status_filter=pcre:" + site.directory + "/pams_delivery_status",
               "lmtp_delivery_status_filter=");
  is_told("an earlier setup");
  site.put_back();
  site.write("pams_delivery_status", "/^5(.*)$/ 5$1\n");
  is_told("gives messages back");
}

BOOST_AUTO_TEST_CASE(a_table_type_that_came_after_setup_holds_no_mail_back) {
  PostfixSite site;
  site.set_up();
  site.replace("master.cf", "lmtp_delivery_status_filter=pcre:", "lmtp_delivery_status_filter=regexp:");
  BOOST_TEST((site.finding("transport").status == CheckStatus::Ok), site.finding("transport").seen);
}

BOOST_AUTO_TEST_CASE(more_processes_than_the_relay_has_sessions_are_told) {
  PostfixSite site;
  site.set_up();
  BOOST_TEST((site.finding("relay_sessions").status == CheckStatus::Ok));
  site.config.settings.relay.max_sessions = 30;
  const auto seen = site.finding("relay_sessions");
  BOOST_TEST((seen.status == CheckStatus::Warn));
  BOOST_TEST(seen.seen.find("100 processes") != std::string::npos, seen.seen);
  site.append("main.cf", "default_process_limit = 20");
  BOOST_TEST((site.finding("relay_sessions").status == CheckStatus::Ok));
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

BOOST_AUTO_TEST_CASE(a_client_of_lmtp_without_the_last_guard_rule_is_told) {
  PostfixSite site;
  site.set_up();
  BOOST_TEST((site.finding("smtp_header_checks").status == CheckStatus::Ok),
             site.finding("smtp_header_checks").seen);
  site.append("master.cf", "dovecot unix - - n - - lmtp\n  -o lmtp_header_checks=");
  const auto finding = site.finding("smtp_header_checks");
  BOOST_TEST((finding.status == CheckStatus::Warn), finding.seen);
  BOOST_TEST(finding.remedy.find("postconf -PX dovecot/unix/lmtp_header_checks") == 0U, finding.remedy);
}

BOOST_AUTO_TEST_SUITE_END()
