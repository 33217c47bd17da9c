#include "milter/connector/setup.hpp"

#include <cstdlib>
#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "milter/connector/route.hpp"
#include "tests/support/postfix_site.hpp"

using namespace pams;
using namespace pams::milter;
using pams::tests::PostfixSite;

namespace {

/// A postconf that fails on -e, in front of PATH while it lives: the last step of a setup breaks.
class BrokenPostconf {
 public:
  explicit BrokenPostconf(const std::string& folder) : before_(std::getenv("PATH")) {
    const auto path = folder + "/postconf";
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(
        "#!/bin/sh\n[ \"$1\" = -e ] && { echo 'postconf: fatal: disk full' >&2; exit 1; }\n"
        "exec /usr/sbin/postconf \"$@\"\n",
        file);
    std::fclose(file);
    chmod(path.c_str(), 0755);
    setenv("PATH", (folder + ":" + before_).c_str(), 1);
  }
  BrokenPostconf(const BrokenPostconf&) = delete;
  BrokenPostconf& operator=(const BrokenPostconf&) = delete;
  ~BrokenPostconf() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

bool exists(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

BOOST_AUTO_TEST_SUITE(setup, *boost::unit_test::precondition(pams::tests::postfix_is_installed))

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
  site.append("main.cf", "header_checks = regexp:" + site.folder + "/own, pcre:{{/^X-A:/ DUNNO}}");
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
                  site.folder +
                  "/own\nsmtp_tls_policy_maps = static:none\n"
                  "smtp_fallback_relay = [backup.example.org]");
  site.append("master.cf", "submission inet n - y - - smtpd\n  -o syslog_name=postfix/submission");
  const auto before = site.read("master.cf");
  site.set_up();
  BOOST_TEST(site.postfix.parameter("smtpd_milters").value().ends_with("inet:localhost:8891"));
  BOOST_TEST(site.postfix.parameter("mime_header_checks").value() == "regexp:" + site.folder + "/own");
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

BOOST_AUTO_TEST_CASE(tables_with_the_token_are_closed_to_others_and_closed_again_when_opened) {
  PostfixSite site;
  site.set_up();
  const auto table = site.folder + "/pams_milter_header_checks";
  struct stat status {};
  BOOST_TEST(stat(table.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0640U);
  chmod(table.c_str(), 0644);
  BOOST_TEST_REQUIRE(site.plan().changes.size() == 1U);
  BOOST_TEST(site.plan().changes[0].setting == table);
}

BOOST_AUTO_TEST_CASE(a_setup_that_breaks_half_way_puts_everything_back) {
  PostfixSite site;
  const auto main = site.read("main.cf");
  const auto master = site.read("master.cf");
  const auto plan = site.plan();
  const BrokenPostconf broken(site.queue);
  const auto outcome = apply_setup(plan, Postfix(site.folder), site.config.settings.route_token_file, "now");
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST(outcome.error().what.find("disk full") != std::string::npos);
  BOOST_TEST(outcome.error().what.find("everything is restored") != std::string::npos);
  BOOST_TEST(site.read("main.cf") == main);
  BOOST_TEST(site.read("master.cf") == master);
  BOOST_TEST(!exists(site.folder + "/pams_header_checks"));
}

BOOST_AUTO_TEST_CASE(a_plan_with_a_problem_changes_nothing) {
  PostfixSite site;
  site.config.settings.listen.unix_path = "/run/elsewhere.sock";
  const auto plan = site.plan();
  BOOST_TEST_REQUIRE(!plan.problems.empty());
  BOOST_TEST(!apply_setup(plan, site.postfix, site.config.settings.route_token_file, "now").has_value());
  BOOST_TEST(!exists(site.folder + "/pams-backup-now"));
}

BOOST_AUTO_TEST_CASE(every_connector_gets_a_transport_and_a_marker_of_its_own) {
  PostfixSite site;
  auto partner = site.connector();
  partner.name = "Partner";
  partner.transport = "partner";
  partner.smart_hosts = {{"mx1.partner.example", 25}, {"mx2.partner.example", 2525}};
  partner.tls_domain = "";
  site.config.policy.connectors.push_back(partner);
  site.set_up();
  BOOST_TEST(site.postfix
                 .lookup("pcre:" + site.folder + "/pams_milter_header_checks",
                         "X-PAMS-Route: " + route_marker(site.config, partner, site.token()))
                 .value()
                 .value() == "FILTER partner:[mx1.partner.example]:25,[mx2.partner.example]:2525");
  // Each host must show its own name.
  const auto service = site.read("master.cf").substr(site.read("master.cf").find("\npartner"));
  BOOST_TEST(service.find("smtp_tls_secure_cert_match=nexthop") != std::string::npos, service);
  site.expect_verified();
}

BOOST_AUTO_TEST_SUITE_END()
