#include "milter/setup/postfix/postfix_plan.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "milter/routing/route.hpp"
#include "rules/base/text.hpp"

using namespace pams;
using namespace pams::milter;

namespace {

Config gateway_config() {
  Config config;
  config.settings.listen.unix_path = "/var/spool/postfix/pams-milter/pams.sock";
  config.settings.relay.listen.unix_path = "/var/spool/postfix/pams-milter/relay.sock";
  rules::OutboundConnector connector;
  connector.name = "Zivver";
  connector.smart_hosts = {{"smtp.zivver.example", 25}};
  connector.tls_domain = "smtp.zivver.example";
  connector.tls_ca_file = "/etc/ssl/certs/ca-certificates.crt";
  connector.max_message_size = 50U << 20U;
  config.policy.connectors = {connector};
  config.policy.pams.connector = "Zivver";
  return config;
}

setup::Site debian_site() {
  setup::Site site;
  site.config_directory = "/etc/postfix";
  site.queue_directory = "/var/spool/postfix";
  site.map_types = {"hash", "pcre", "regexp"};
  site.written = {{"milter_protocol", "6"},
                  {"milter_default_action", "tempfail"},
                  {"smtpd_milters", ""},
                  {"non_smtpd_milters", ""},
                  {"milter_header_checks", ""},
                  {"header_checks", ""},
                  {"mime_header_checks", "$header_checks"},
                  {"nested_header_checks", "$header_checks"},
                  {"message_size_limit", "10240000"},
                  {"mailbox_size_limit", "51200000"},
                  {"virtual_mailbox_limit", "51200000"},
                  {"bounce_size_limit", "50000"},
                  {"cleanup_service_name", "cleanup"}};
  site.effective = site.written;
  for (const auto* line :
       {"smtp inet n - y - - smtpd", "submission inet n - y - - smtpd", "pickup unix n - y 60 1 pickup",
        "cleanup unix n - y - 0 cleanup", "retry unix - - y - - error"})
    site.services.push_back(*mta::parse_service(line));
  return site;
}

std::string wanted(const setup::SetupPlan& plan, const std::string& setting) {
  const auto at = std::ranges::find(plan.changes, setting, &setup::Change::setting);
  return at == plan.changes.end() ? "(unchanged)" : at->to;
}

setup::SetupPlan plan(const setup::Site& site, const std::vector<std::string>& outbound = {},
                      const Config& config = gateway_config()) {
  return setup::plan_setup(config, outbound, site);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postfix_plan)

BOOST_AUTO_TEST_CASE(our_milter_comes_after_scanners_and_before_all_others_which_keep_their_order) {
  auto site = debian_site();
  site.written["smtpd_milters"] =
      "inet:localhost:8891, { inet:localhost:11332, default_action=accept }, inet:localhost:1";
  BOOST_TEST(
      wanted(plan(site), "smtpd_milters") ==
      "{ inet:localhost:11332, default_action=accept }, { unix:pams-milter/pams.sock, default_action=tempfail, connect_timeout=10s, command_timeout=30s, content_timeout=300s }, inet:localhost:8891, inet:localhost:1");
}

BOOST_AUTO_TEST_CASE(a_rspamd_that_signs_is_told_of) {
  auto site = debian_site();
  BOOST_TEST(plan(site).notes.empty());
  site.written["smtpd_milters"] = "inet:localhost:11332";
  BOOST_TEST_REQUIRE(plan(site).notes.size() == 1U);
  BOOST_TEST(plan(site).notes[0].find("rspamd") == 0U);
}

BOOST_AUTO_TEST_CASE(a_list_in_order_is_left_as_it_is) {
  auto site = debian_site();
  site.written["smtpd_milters"] =
      "inet:localhost:11332, { unix:pams-milter/pams.sock, default_action=tempfail, connect_timeout=5s }, inet:localhost:8891";
  site.effective = site.written;
  BOOST_TEST(wanted(plan(site), "smtpd_milters") == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(an_entry_of_ours_that_fails_open_is_written_anew_and_not_doubled) {
  auto site = debian_site();
  site.written["smtpd_milters"] = "inet:localhost:8891 unix:/pams-milter/pams.sock";
  site.effective = site.written;
  const auto list = mta::split_list(wanted(plan(site), "smtpd_milters"));
  BOOST_TEST(list.size() == 2U);
  BOOST_TEST(mta::parse_milter(list[0]).options.at("default_action") == "tempfail");
  BOOST_TEST(list[1] == "inet:localhost:8891");
}

BOOST_AUTO_TEST_CASE(non_smtpd_milters_that_follow_smtpd_milters_go_on_following) {
  auto site = debian_site();
  site.written["non_smtpd_milters"] = "$smtpd_milters";
  BOOST_TEST(wanted(plan(site), "non_smtpd_milters") == "(unchanged)");
  site.written["non_smtpd_milters"] = "inet:localhost:1, $smtpd_milters";
  BOOST_TEST(wanted(plan(site), "non_smtpd_milters") == "$smtpd_milters, inet:localhost:1");
}

BOOST_AUTO_TEST_CASE(attachments_are_checked_as_before_and_never_by_the_net) {
  auto site = debian_site();
  site.written["header_checks"] = "pcre:/etc/postfix/site_checks";
  const auto result = plan(site);
  BOOST_TEST(wanted(result, "header_checks") ==
             "pcre:/etc/postfix/pams_header_checks, pcre:/etc/postfix/site_checks");
  BOOST_TEST(wanted(result, "mime_header_checks") == "pcre:/etc/postfix/site_checks");
  BOOST_TEST(wanted(result, "nested_header_checks") == "pcre:/etc/postfix/site_checks");
}

BOOST_AUTO_TEST_CASE(own_mime_header_checks_of_the_site_stay) {
  auto site = debian_site();
  site.written["mime_header_checks"] = "regexp:/etc/postfix/attachments";
  BOOST_TEST(wanted(plan(site), "mime_header_checks") == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(size_limits_are_raised_only_when_they_are_too_low) {
  const auto result = plan(debian_site());
  BOOST_TEST(wanted(result, "message_size_limit") == "74448896");
  BOOST_TEST(wanted(result, "mailbox_size_limit") == "74448896");
  auto site = debian_site();
  site.effective["message_size_limit"] = "0";
  site.effective["mailbox_size_limit"] = "0";
  site.effective["virtual_mailbox_limit"] = "100000000";
  BOOST_TEST(wanted(plan(site), "message_size_limit") == "(unchanged)");
  BOOST_TEST(wanted(plan(site), "mailbox_size_limit") == "(unchanged)");
  BOOST_TEST(wanted(plan(site), "virtual_mailbox_limit") == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(a_chrooted_smtpd_cannot_reach_a_socket_outside_and_that_is_said) {
  auto config = gateway_config();
  config.settings.listen.unix_path = "/run/pams-milter/pams.sock";
  const auto result = plan(debian_site(), {}, config);
  BOOST_TEST_REQUIRE(result.problems.size() == 1U);
  BOOST_TEST(result.problems[0].find("runs chrooted in /var/spool/postfix") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_chroot_the_path_is_absolute) {
  auto config = gateway_config();
  config.settings.listen.unix_path = "/run/pams-milter/pams.sock";
  auto site = debian_site();
  for (auto& service : site.services) service.chroot = "n";
  const auto list = mta::split_list(wanted(plan(site, {}, config), "smtpd_milters"));
  BOOST_TEST(mta::parse_milter(list[0]).address == "unix:/run/pams-milter/pams.sock");
}

BOOST_AUTO_TEST_CASE(regexp_tables_serve_where_postfix_has_no_pcre) {
  auto site = debian_site();
  site.map_types = {"hash", "regexp"};
  BOOST_TEST(wanted(plan(site), "header_checks") == "regexp:/etc/postfix/pams_header_checks");
}

BOOST_AUTO_TEST_CASE(a_listener_left_out_of_outbound_gets_a_cleanup_without_the_net) {
  auto site = debian_site();
  site.written["header_checks"] = "pcre:/etc/postfix/site_checks";
  const auto result = plan(site, {"submission"});
  BOOST_TEST(wanted(result, "smtp/inet/cleanup_service_name") == "pams-inbound");
  BOOST_TEST(wanted(result, "submission/inet/cleanup_service_name") == "(unchanged)");
  BOOST_TEST(wanted(result, "pickup/unix/cleanup_service_name") == "(unchanged)");
  BOOST_TEST(wanted(result, "pams-inbound/unix") ==
             "pams-inbound unix n - y - 0 cleanup -o header_checks=pcre:/etc/postfix/site_checks");
}

BOOST_AUTO_TEST_CASE(an_outbound_listener_that_does_not_exist_is_a_problem) {
  BOOST_TEST(plan(debian_site(), {"smtps"}).problems.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_foreign_service_of_the_transports_name_is_not_touched) {
  auto site = debian_site();
  site.services.push_back(*mta::parse_service("pams unix - n n - - pipe"));
  const auto result = plan(site);
  BOOST_TEST_REQUIRE(result.problems.size() == 1U);
  BOOST_TEST(wanted(result, "pams/unix") == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(two_connectors_do_not_share_a_transport) {
  auto config = gateway_config();
  config.policy.connectors.push_back(config.policy.connectors.front());
  config.policy.connectors.back().name = "Partner";
  BOOST_TEST(plan(debian_site(), {}, config).problems.size() == 1U);
  config.policy.connectors.back().transport = "partner";
  const auto result = plan(debian_site(), {}, config);
  BOOST_TEST(result.problems.empty());
  BOOST_TEST(wanted(result, "/etc/postfix/pams_milter_header_checks")
                 .find("via=partner[[:space:]]*$/ FILTER partner:unix:pams-milter/relay.sock\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_transport_of_ordinary_mail_is_not_taken_over) {
  auto config = gateway_config();
  config.policy.connectors.front().transport = "smtp";
  const auto result = plan(debian_site(), {}, config);
  BOOST_TEST_REQUIRE(result.problems.size() == 1U);
  BOOST_TEST(wanted(result, "smtp/unix") == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(a_connectors_user_and_password_are_the_relays_and_not_postfixs) {
  auto config = gateway_config();
  config.policy.connectors.front().username = "gate";
  const auto result = plan(debian_site(), {}, config);
  BOOST_TEST(result.problems.empty());
  for (const auto& change : result.changes)
    BOOST_TEST(change.to.find("gate") == std::string::npos, change.setting);
}

BOOST_AUTO_TEST_CASE(a_relay_that_a_rule_cannot_name_is_a_problem) {
  auto config = gateway_config();
  config.settings.relay.listen.unix_path = "/run/a relay.sock";
  BOOST_TEST(plan(debian_site(), {}, config).problems.size() == 1U);
}

BOOST_AUTO_TEST_CASE(recipients_keep_the_address_that_they_came_with) {
  auto site = debian_site();
  BOOST_TEST(wanted(plan(site), "enable_original_recipient") == "(unchanged)");
  site.effective["enable_original_recipient"] = "no";
  BOOST_TEST(wanted(plan(site), "enable_original_recipient") == "yes");
}

BOOST_AUTO_TEST_CASE(a_transport_never_has_more_processes_than_the_relay_has_sessions) {
  const auto limit_of = [](const std::string& service, unsigned sessions, std::size_t connectors,
                           const std::string& by_default) {
    auto config = gateway_config();
    config.settings.relay.max_sessions = sessions;
    for (std::size_t i = 1; i < connectors; ++i) {
      config.policy.connectors.push_back(config.policy.connectors.front());
      config.policy.connectors.back().name = "Other";
      config.policy.connectors.back().transport = "other";
    }
    auto site = debian_site();
    site.effective["default_process_limit"] = by_default;
    if (!service.empty())
      site.services.push_back(*mta::parse_service("pams unix - - n - " + service + " lmtp"));
    const auto line = mta::parse_service(wanted(plan(site, {}, config), "pams/unix"));
    return line ? line->process_limit : "";
  };
  BOOST_TEST(limit_of("", 100, 1, "100") == "-");
  BOOST_TEST(limit_of("", 99, 1, "100") == "99");
  BOOST_TEST(limit_of("", 3, 1, "100") == "3");
  BOOST_TEST(limit_of("", 100, 2, "100") == "50");
  BOOST_TEST(limit_of("", 100, 2, "20") == "-");
  BOOST_TEST(limit_of("", 100, 1, "0") == "100");
  BOOST_TEST(limit_of("0", 100, 1, "20") == "100");
  BOOST_TEST(limit_of("7", 100, 1, "100") == "7");
  BOOST_TEST(limit_of("70", 30, 1, "100") == "30");
  BOOST_TEST(limit_of("", 1, 2, "100") == "1");
}

BOOST_AUTO_TEST_CASE(what_postfix_says_by_itself_gives_no_carrier_back) {
  const auto result = plan(debian_site());
  const auto table = wanted(result, "/etc/postfix/pams_delivery_status");
  BOOST_TEST(table.find("/^(5\\..* said: 5.*)$/ $1\n") != std::string::npos, table);
  BOOST_TEST(table.ends_with("/^5(\\..*)$/ 4$1\n"), table);
  BOOST_TEST(wanted(result, "pams/unix")
                 .find(" -o lmtp_delivery_status_filter=pcre:/etc/postfix/pams_delivery_status") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_guard_table_with_the_former_words_is_replaced) {
  auto site = debian_site();
  const std::string path = "/etc/postfix/pams_header_checks";
  const auto now = wanted(plan(site), path);
  BOOST_TEST(now.find(std::string(routing::kGuardAction) + "\n") != std::string::npos, now);
  site.tables[path] = text::replace_all(now, routing::kGuardAction, routing::kFormerGuardAction);
  BOOST_TEST(wanted(plan(site), path) == now);
  site.tables[path] = now;
  BOOST_TEST(wanted(plan(site), path) == "(unchanged)");
}

BOOST_AUTO_TEST_CASE(bounces_never_carry_text) {
  BOOST_TEST(wanted(plan(debian_site()), "bounce_size_limit") == "1");
}

BOOST_AUTO_TEST_CASE(journal_reports_get_a_listener_with_the_net_and_without_milters) {
  auto config = gateway_config();
  BOOST_TEST(wanted(plan(debian_site(), {}, config), "127.0.0.1:895/inet") == "(unchanged)");
  config.policy.journal.submit_to = "127.0.0.1:895";
  config.policy.journal.rules = {{"All", {}, "", "journal@example.org"}};
  const auto line = wanted(plan(debian_site(), {"submission"}, config), "127.0.0.1:895/inet");
  BOOST_TEST(line.starts_with("127.0.0.1:895 inet n - n - - smtpd -o "));
  BOOST_TEST(line.find(" -o smtpd_milters= ") != std::string::npos);
  BOOST_TEST(line.find("no_header_body_checks") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_journal_listener_is_never_made_an_inbound_one) {
  auto config = gateway_config();
  config.policy.journal.submit_to = "127.0.0.1:895";
  config.policy.journal.rules = {{"All", {}, "", "journal@example.org"}};
  auto site = debian_site();
  site.services.push_back(*mta::parse_service("127.0.0.1:895 inet n - n - - smtpd"));
  BOOST_TEST(wanted(plan(site, {"submission"}, config), "127.0.0.1:895/inet/cleanup_service_name") ==
             "(unchanged)");
}

BOOST_AUTO_TEST_CASE(the_last_guard_rule_comes_first_and_the_sites_own_tables_stay) {
  for (const std::string name : {"smtp_header_checks", "lmtp_header_checks"}) {
    auto site = debian_site();
    site.written[name] = "regexp:/etc/postfix/theirs";
    BOOST_TEST(
        wanted(plan(site), name) ==
        "pipemap:{pcre:/etc/postfix/pams_smtp_guard,fail:flagged_mail_leaves_by_its_connector_only}, regexp:/etc/postfix/theirs");
  }
}

BOOST_AUTO_TEST_CASE(the_last_guard_rule_with_the_former_name_of_its_table_is_replaced) {
  auto site = debian_site();
  site.written["smtp_header_checks"] =
      "pipemap:{pcre:/etc/postfix/pams_last_net,fail:flagged_mail_leaves_by_its_connector_only}, regexp:/etc/postfix/theirs";
  BOOST_TEST(
      wanted(plan(site), "smtp_header_checks") ==
      "pipemap:{pcre:/etc/postfix/pams_smtp_guard,fail:flagged_mail_leaves_by_its_connector_only}, regexp:/etc/postfix/theirs");
}

BOOST_AUTO_TEST_CASE(where_the_flag_may_leave_with_other_mail_there_is_no_last_guard_rule) {
  auto site = debian_site();
  site.written["smtp_header_checks"] =
      "pipemap:{pcre:/etc/postfix/pams_smtp_guard,fail:flagged_mail_leaves_by_its_connector_only}, regexp:/etc/postfix/theirs";
  auto config = gateway_config();
  config.policy.pams.untrusted = rules::Untrusted::Keep;
  BOOST_TEST(wanted(plan(site, {}, config), "smtp_header_checks") == "regexp:/etc/postfix/theirs");
  config = gateway_config();
  config.policy.pams.zivver_peers = {*IpRange::parse("192.0.2.1")};
  BOOST_TEST(wanted(plan(site, {}, config), "smtp_header_checks") == "regexp:/etc/postfix/theirs");
}

BOOST_AUTO_TEST_SUITE_END()
