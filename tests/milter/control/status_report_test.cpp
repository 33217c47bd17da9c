#include "milter/control/status_report.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace pams;
using namespace pams::milter::control;

namespace {

StatusReport report() {
  StatusReport report;
  report.version = "1.2.3";
  report.user = "pams-milter";
  report.pid = 4711;
  report.connections = 3;
  report.messages = 1'000'000'000'000;
  report.config_file = "/etc/pams-milter/pams-milter.toml";
  report.changed = {"/etc/pams-milter/rules.toml has changed"};
  report.connector = "Zivver";
  report.route = RouteState::Unverified;
  report.route_problem = "route check milter fails: why; remedy: what to do";
  report.failed_checks = {{"milter", "why", "what to do"}};
  report.access = {{"archive compliance", "/a", "it is full", "make room", true},
                   {"trace", "/t", "", "", false}};
  report.relay_problem = "nobody answers";
  return report;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status_report)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const auto json = to_json(report());
  const auto read = read_status_report(json);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(to_json(*read) == json);
  BOOST_TEST(read->failed_checks.at(0).remedy == "what to do");
  BOOST_TEST(read->access.at(0).holds_mail);
  BOOST_TEST(read->messages == 1'000'000'000'000);
}

BOOST_AUTO_TEST_CASE(mail_waits_for_the_routing_and_for_what_it_must_be_kept_in) {
  const std::vector<std::string> expected{
      "flagged mail waits: route check milter fails: why; remedy: what to do",
      "mail that needs the archive compliance waits: it is full; remedy: make room"};
  BOOST_TEST((report().why_mail_waits() == expected));
  auto fine = report();
  fine.route = RouteState::NotChecked;
  fine.access = {{"mail log", "/l", "cannot be read", "", false}};
  BOOST_TEST(fine.why_mail_waits().empty());
}

BOOST_AUTO_TEST_CASE(of_a_long_list_what_is_wrong_is_kept) {
  auto many = report();
  many.route = RouteState::Verified;
  many.access.clear();
  for (int i = 0; i < 40; ++i) many.access.push_back({"archive " + std::to_string(i), "/a", "", "", true});
  many.access.push_back({"archive last", "/z", "it is full", "make room", true});
  const auto read = read_status_report(to_json(many)).value();
  BOOST_TEST(read.why_mail_waits().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_longest_report_fits_one_answer_and_is_json) {
  auto longest = report();
  const std::string text(5000, 'x');
  for (int i = 0; i < 100; ++i) {
    longest.changed.push_back(text);
    longest.failed_checks.push_back({text, text, text});
    longest.access.push_back({text, text, text, text, true});
  }
  longest.refused = longest.route_problem = longest.relay_problem = text + "\xff\x01";
  const auto json = to_json(longest);
  BOOST_TEST(json.size() < 64U * 1024);
  BOOST_TEST(read_status_report(json).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_report_is_an_error) {
  for (const auto* text : {"", "reloaded\n", "{}", "[1]", R"({"version": 1})"})
    BOOST_TEST(!read_status_report(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
