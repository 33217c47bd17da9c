// pamsctl status, and what pamsctl reload says when mail waits afterwards: against a milter that runs.
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/milter/daemon/reload_fixture.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

bool has(const std::string& text, const std::string& piece) { return text.find(piece) != std::string::npos; }

/// A milter whose routing is as the test says.
struct AskedMilter {
  const Gateway gateway{numbered("1")};
  RunningMilter milter;

  explicit AskedMilter(bool is_verified)
      : milter(gateway.services()->config, wiring(is_verified), gateway.control_socket()) {}

  static daemon::Wire wiring(bool is_verified) {
    return [wire = real_wiring(), is_verified](std::shared_ptr<const Config> config) {
      auto wired = wire(std::move(config));
      auto services = std::make_shared<session::Services>(*wired.services);
      services->route_guard = std::make_shared<RoutingIs>(is_verified);
      wired.services = std::move(services);
      return wired;
    };
  }
  mta::Finished pamsctl(std::vector<std::string> arguments) const {
    for (const auto* more : {"--config"}) arguments.emplace_back(more);
    arguments.push_back(gateway.settings_file());
    const auto directory = std::filesystem::path(gateway.control_socket()).parent_path().string();
    return test::pamsctl(arguments, {"RUNTIME_DIRECTORY=" + directory});
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_status)

BOOST_AUTO_TEST_CASE(a_reload_that_leaves_no_mail_waiting_is_fine) {
  const AskedMilter asked(true);
  const auto done = asked.pamsctl({"reload"});
  BOOST_TEST(done.exit_code == 0, done.errors);
  BOOST_TEST(done.errors == "");
}

BOOST_AUTO_TEST_CASE(a_reload_that_leaves_flagged_mail_waiting_says_so_and_why) {
  const AskedMilter asked(false);
  const auto done = asked.pamsctl({"reload"});
  BOOST_TEST(done.exit_code == 1);
  BOOST_TEST(has(done.output, "reloaded, 2 rule(s)"), done.output);
  BOOST_TEST(has(done.errors, "reloaded, but flagged mail waits: milter_header_checks is not set"),
             done.errors);
}

BOOST_AUTO_TEST_CASE(a_reload_after_which_an_archive_cannot_be_used_says_so) {
  const AskedMilter asked(true);
  asked.gateway.write_settings(numbered("2"), {"/archive\"", "/missing/archive\""});
  const auto done = asked.pamsctl({"reload"});
  BOOST_TEST(done.exit_code == 1);
  BOOST_TEST(has(done.errors, "mail that needs the archive compliance waits: "), done.errors);
  BOOST_TEST(has(done.errors, "/missing is not there; remedy: install -d "), done.errors);
}

BOOST_AUTO_TEST_CASE(status_tells_in_words_what_is_wrong_and_what_to_do) {
  const AskedMilter asked(false);
  asked.gateway.write_settings(numbered("2"));
  const auto done = asked.pamsctl({"status"});
  BOOST_TEST(done.exit_code == 1);
  for (const auto* piece :
       {"is running: pid ", "NOT VERIFIED, flagged mail waits", "NOT CURRENT: ", "has changed",
        "do: pamsctl check && pamsctl reload", "archive compliance    ok, "})
    BOOST_TEST(has(done.output, piece), piece << " is missing in\n" << done.output);
}

BOOST_AUTO_TEST_CASE(status_as_json_says_the_same_to_programs) {
  const AskedMilter asked(false);
  const auto json = nlohmann::json::parse(asked.pamsctl({"status", "--json"}).output);
  BOOST_TEST(json.at("is_running") == true);
  BOOST_TEST(json.at("pid") == asked.milter.pid());
  BOOST_TEST(json.at("configuration").at("is_current") == true);
  BOOST_TEST(json.at("routing").at("state") == "unverified");
  BOOST_TEST(json.at("mail_waits").size() == 1U);
}

BOOST_AUTO_TEST_CASE(without_a_milter_status_says_so_as_json_too) {
  const TemporaryDirectory empty;
  const std::vector<std::string> environment{"RUNTIME_DIRECTORY=" + empty.path()};
  const auto done = test::pamsctl({"status"}, environment);
  BOOST_TEST(done.exit_code == 1);
  BOOST_TEST(has(done.errors, "no pams-milter is running"), done.errors);
  const auto json = nlohmann::json::parse(test::pamsctl({"status", "--json"}, environment).output);
  BOOST_TEST(json.at("is_running") == false);
}

BOOST_AUTO_TEST_SUITE_END()
