#include "milter/setup/postfix/postfix_setup.hpp"

#include <cstdlib>
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "milter/routing/route.hpp"
#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter;
using pams::test::PostfixSite;

namespace {

/// A postconf that fails on -e, in front of PATH while it lives: the last step of a setup breaks.
class BrokenPostconf {
 public:
  explicit BrokenPostconf(const std::string& directory) : before_(std::getenv("PATH")) {
    const auto path = directory + "/postconf";
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(
        "#!/bin/sh\n[ \"$1\" = -e ] && { echo 'postconf: fatal: disk full' >&2; exit 1; }\n"
        "exec /usr/sbin/postconf \"$@\"\n",
        file);
    std::fclose(file);
    chmod(path.c_str(), 0755);
    setenv("PATH", (directory + ":" + before_).c_str(), 1);
  }
  BrokenPostconf(const BrokenPostconf&) = delete;
  BrokenPostconf& operator=(const BrokenPostconf&) = delete;
  ~BrokenPostconf() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

bool exists(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

BOOST_AUTO_TEST_SUITE(setup, *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(a_debian_gateway_passes_every_routing_check_after_setup) {
  PostfixSite site;
  site.set_up();
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(before_setup_flagged_mail_has_no_route) { BOOST_TEST(!PostfixSite().failing().empty()); }

BOOST_AUTO_TEST_CASE(a_second_setup_finds_nothing_to_change) {
  PostfixSite site;
  site.set_up();
  for (const auto& change : site.plan().changes)
    BOOST_TEST_ERROR(change.setting << ": '" << change.from << "' -> '" << change.to << "'");
}

BOOST_AUTO_TEST_CASE(a_second_setup_with_outbound_listeners_finds_nothing_to_change) {
  PostfixSite site;
  site.append("master.cf", "submission inet n - y - - smtpd\n  -o syslog_name=postfix/submission");
  site.append("main.cf", "header_checks = regexp:" + site.directory + "/own, pcre:{{/^X-A:/ DUNNO}}");
  site.write("own", "/^X-Old:/ IGNORE\n");
  site.set_up({"submission"});
  BOOST_TEST(site.plan({"submission"}).changes.empty());
  BOOST_TEST(site.plan().changes.empty(), "without --outbound the earlier choice holds");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(an_inbound_listener_that_becomes_outbound_gets_the_net_back) {
  PostfixSite site;
  site.append("master.cf", "submission inet n - y - - smtpd");
  site.set_up({"submission"});
  const auto plan = site.plan({"submission", "smtp"});
  BOOST_TEST_REQUIRE(plan.changes.size() == 1U);
  BOOST_TEST(plan.changes[0].setting == "smtp/inet/cleanup_service_name");
  BOOST_TEST(plan.changes[0].to == "cleanup");
}

BOOST_AUTO_TEST_CASE(a_site_with_milters_tables_and_overrides_keeps_them) {
  PostfixSite site;
  site.write("own", "/^X-Old:/ IGNORE\n");
  site.append("main.cf",
              "smtpd_milters = inet:localhost:8891\nnon_smtpd_milters = $smtpd_milters\n"
              "header_checks = regexp:" +
                  site.directory +
                  "/own\nsmtp_tls_policy_maps = static:none\n"
                  "smtp_fallback_relay = [backup.example.org]");
  site.append("master.cf", "submission inet n - y - - smtpd\n  -o syslog_name=postfix/submission");
  const auto before = site.read("master.cf");
  site.set_up();
  BOOST_TEST(site.postfix.parameter("smtpd_milters").value().ends_with("inet:localhost:8891"));
  BOOST_TEST(site.postfix.parameter("mime_header_checks").value() == "regexp:" + site.directory + "/own");
  BOOST_TEST(site.postfix.parameter("smtp_fallback_relay").value() == "[backup.example.org]");
  BOOST_TEST(site.read("master.cf").starts_with(before), "the site's services stay as they were written");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(the_backup_holds_what_was_there_and_only_root_may_look) {
  PostfixSite site;
  const auto main = site.read("main.cf");
  const auto backup = site.set_up();
  BOOST_TEST(site.read(std::filesystem::path(backup).filename().string() + "/main.cf") == main);
  struct stat status {};
  BOOST_TEST(stat(backup.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0700U);
}

BOOST_AUTO_TEST_CASE(a_table_that_others_may_write_is_made_anew) {
  PostfixSite site;
  site.set_up();
  const auto table = site.directory + "/pams_milter_header_checks";
  struct stat status {};
  BOOST_TEST(stat(table.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0644U);
  chmod(table.c_str(), 0666);
  BOOST_TEST_REQUIRE(site.plan().changes.size() == 1U);
  BOOST_TEST(site.plan().changes[0].setting == table);
}

BOOST_AUTO_TEST_CASE(a_setup_that_breaks_half_way_puts_everything_back) {
  PostfixSite site;
  const auto main = site.read("main.cf");
  const auto master = site.read("master.cf");
  const auto plan = site.plan();
  const BrokenPostconf broken(site.queue);
  const auto outcome = milter::setup::apply_setup(plan, mta::Postfix(site.directory), "now");
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST(outcome.error().what.find("disk full") != std::string::npos);
  BOOST_TEST(outcome.error().what.find("everything is restored") != std::string::npos);
  BOOST_TEST(site.read("main.cf") == main);
  BOOST_TEST(site.read("master.cf") == master);
  BOOST_TEST(!exists(site.directory + "/pams_header_checks"));
}

BOOST_AUTO_TEST_CASE(a_plan_with_a_problem_changes_nothing) {
  PostfixSite site;
  site.config.settings.listen.unix_path = "/run/elsewhere.sock";
  const auto plan = site.plan();
  BOOST_TEST_REQUIRE(!plan.problems.empty());
  BOOST_TEST(!milter::setup::apply_setup(plan, site.postfix, "now").has_value());
  BOOST_TEST(!exists(site.directory + "/pams-backup-now"));
}

BOOST_AUTO_TEST_CASE(every_connector_gets_a_transport_and_a_rule_of_its_own) {
  PostfixSite site;
  auto partner = site.connector();
  partner.name = "Partner";
  partner.transport = "partner";
  site.config.policy.connectors.push_back(partner);
  site.set_up();
  const auto action = [&](const std::string& via) {
    return site.postfix
        .lookup("pcre:" + site.directory + "/pams_milter_header_checks",
                "X-PAMS-Sealed: v1; id=0123; key=4567; via=" + via)
        .value()
        .value();
  };
  BOOST_TEST(action("partner") == "FILTER partner:unix:pams-milter/relay.sock");
  BOOST_TEST(action("pams") == "FILTER pams:unix:pams-milter/relay.sock");
  BOOST_TEST(action("no-more-partner") == "FILTER pams:unix:pams-milter/relay.sock");
  site.expect_verified();
}

BOOST_AUTO_TEST_CASE(a_relay_outside_the_queue_and_one_at_a_port_are_routed_to) {
  for (const auto& [listen, address] :
       {std::pair{Listen{"/run/pams-relay/relay.sock", "", 0, false}, "unix:/run/pams-relay/relay.sock"},
        std::pair{Listen{"", "127.0.0.1", 8895, false}, "inet:127.0.0.1:8895"}}) {
    PostfixSite site;
    site.config.settings.relay.listen = listen;
    site.set_up();
    BOOST_TEST(site.read("pams_milter_header_checks").find(std::string("FILTER pams:") + address + "\n") !=
               std::string::npos);
    site.expect_verified();
  }
}

BOOST_AUTO_TEST_CASE(a_former_setup_is_turned_over_at_once_and_nothing_of_it_is_left) {
  PostfixSite site;
  site.set_up_formerly();
  BOOST_TEST(site.plan().upgrades);
  const auto backup = site.set_up();
  site.expect_verified();
  BOOST_TEST(!site.plan().upgrades);
  for (const auto& change : site.plan().changes) BOOST_TEST_ERROR(change.setting << " is changed again");
  for (const auto* table : {"pams_smtp_header_checks", "pams_password_pams"}) {
    BOOST_TEST(!exists(site.directory + "/" + table), table);
    BOOST_TEST(exists(backup + "/" + table), table);
  }
  const auto master = site.read("master.cf");
  BOOST_TEST(master.find("smtp_tls_security_level") == std::string::npos, master);
  BOOST_TEST(master.find("tls_append_default_CA") == std::string::npos, master);
  BOOST_TEST(master.find("lmtp_connect_timeout=7s") != std::string::npos,
             "an option of the site's own stays");
  BOOST_TEST(site.read("pams_header_checks").find("X-PAMS-Route") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_former_setup_is_not_turned_over_to_a_transport_that_could_reach_other_ports) {
  PostfixSite site;
  site.set_up_formerly();
  site.config.settings.relay.listen = Listen{"", "127.0.0.1", 8895, false};
  BOOST_TEST_REQUIRE(site.plan().problems.size() == 1U);
  BOOST_TEST(site.plan().problems.front().find("[relay] listen = \"unix:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_turn_over_that_breaks_leaves_the_former_setup) {
  PostfixSite site;
  site.set_up_formerly();
  const auto master = site.read("master.cf");
  const auto plan = site.plan();
  const BrokenPostconf broken(site.queue);
  BOOST_TEST(!milter::setup::apply_setup(plan, mta::Postfix(site.directory), "now").has_value());
  BOOST_TEST(site.read("master.cf") == master);
  BOOST_TEST(site.read("pams_milter_header_checks").find("X-PAMS-Route") != std::string::npos);
  BOOST_TEST(exists(site.directory + "/pams_password_pams"));
}

BOOST_AUTO_TEST_SUITE_END()
