// What the running milter says of itself when it is asked.
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "milter/control/status_report.hpp"
#include "milter/daemon/own_access.hpp"
#include "tests/milter/daemon/reload_fixture.hpp"
#include "tests/support/as_user.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct StatusFixture : ReloadFixture {
  control::StatusReport status() const {
    const auto json = control::ask_for_status(gateway.control_socket(), kTimeout);
    BOOST_TEST_REQUIRE(json.has_value(), (json ? "" : json.error().what));
    return control::read_status_report(*json).value();
  }
};

std::string problem_of(const std::vector<control::Access>& all, const std::string& what) {
  for (const auto& one : all)
    if (one.what == what) return one.problem.empty() ? "none" : one.problem + " -> " + one.remedy;
  return "not tried";
}

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) { return geteuid() == 0; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(status_of_the_daemon, StatusFixture)

BOOST_AUTO_TEST_CASE(it_says_who_it_is_and_what_it_serves) {
  Connection client(gateway);
  client.send_one();
  client.send_one();
  const auto seen = status();
  BOOST_TEST(seen.version == PAMS_VERSION);
  BOOST_TEST(seen.pid == milter.pid());
  BOOST_TEST(seen.listen == "unix:" + gateway.socket());
  BOOST_TEST(seen.config_file == gateway.settings_file());
  BOOST_TEST(seen.connections == 1);
  BOOST_TEST(seen.messages == 2);
  BOOST_TEST((seen.route == control::RouteState::Verified));
  BOOST_TEST(seen.why_mail_waits().empty());
  BOOST_TEST(seen.relay_problem != "");  // none runs here
}

BOOST_AUTO_TEST_CASE(files_that_changed_are_named_until_they_are_reloaded) {
  BOOST_TEST(status().changed.empty());
  gateway.write_settings(numbered("2"));
  BOOST_TEST((status().changed == std::vector<std::string>{gateway.settings_file() + " has changed"}));
  BOOST_TEST(reload().reloaded);
  BOOST_TEST(status().changed.empty());
}

BOOST_AUTO_TEST_CASE(a_reload_that_was_refused_is_remembered_until_one_succeeds) {
  gateway.write_settings("nonsense");
  BOOST_TEST(!reload().reloaded);
  BOOST_TEST(status().refused == "1 error(s)");
  BOOST_TEST(status().changed.size() == 1U);
  reload_with(numbered("2"));
  BOOST_TEST(status().refused == "");
}

BOOST_AUTO_TEST_CASE(a_connector_that_is_no_more_makes_flagged_mail_wait) {
  // Such a file is refused; what the services have is what counts.
  auto config = std::make_shared<Config>(*gateway.services()->config);
  config->policy.pams.connector = "Another";
  const auto socket = gateway.control_socket() + "-2";
  config->settings.listen.unix_path += "-2";
  RunningMilter other(config, real_wiring(), socket);
  const auto seen = control::read_status_report(control::ask_for_status(socket, kTimeout).value()).value();
  BOOST_TEST((seen.route == control::RouteState::Unverified));
  BOOST_TEST(seen.why_mail_waits().size() == 1U);
}

BOOST_AUTO_TEST_CASE(while_pams_is_off_no_routing_is_asked_for) {
  auto config = std::make_shared<Config>(*gateway.services()->config);
  config->policy.pams.enabled = false;
  config->policy.pams.connector = "";
  const auto socket = gateway.control_socket() + "-3";
  config->settings.listen.unix_path += "-3";
  RunningMilter other(config, real_wiring(), socket);
  const auto seen = control::read_status_report(control::ask_for_status(socket, kTimeout).value()).value();
  BOOST_TEST((seen.route == control::RouteState::NotChecked));
  BOOST_TEST(seen.why_mail_waits().empty());
}

BOOST_AUTO_TEST_CASE(what_its_user_cannot_use_is_named_with_a_remedy,
                     *boost::unit_test::precondition(is_root)) {
  const auto config = gateway.services()->config;
  const auto directory = std::filesystem::path(gateway.settings_file()).parent_path();
  std::ofstream(config->settings.trace.mail_log) << "line\n";
  ::chmod(directory.c_str(), 0700);
  const auto barred = test::as_user("nobody", [&] {
    const auto all = daemon::own_access(*config);
    return problem_of(all, "archive compliance") + "\n" + problem_of(all, "seal key") + "\n" +
           problem_of(all, "trace") + "\n" + problem_of(all, "configuration");
  });
  const auto expected = "user nobody cannot enter " + directory.string() +
                        " (root:root, mode 0700) -> chgrp nogroup " + directory.string() + " && chmod g+x " +
                        directory.string();
  BOOST_TEST(barred == expected + "\n" + expected + "\n" + expected + "\n" + expected);
  const auto all = daemon::own_access(*config);
  for (const auto* what : {"archive compliance", "seal key", "trace", "configuration", "mail log"})
    BOOST_TEST(problem_of(all, what) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
