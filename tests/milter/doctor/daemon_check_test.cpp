// The check that asks the running milter: what it makes of its answers.
#include <array>
#include <cstdlib>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <sys/eventfd.h>

#include "milter/control/control_socket.hpp"
#include "milter/control/status_report.hpp"
#include "milter/doctor/check.hpp"
#include "tests/support/postfix_site.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::milter::doctor;
using namespace pams::test;

namespace {

/// A milter that answers every question with `report`.
class Answering {
 public:
  explicit Answering(const control::StatusReport& report)
      : listener_(control::open_control_socket(path()).value()) {
    ::setenv("RUNTIME_DIRECTORY", directory_.path().c_str(), 1);
    thread_ = std::thread([this, json = control::to_json(report)] {
      std::array<pollfd, 2> wanted{{{listener_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
      while (::poll(wanted.data(), wanted.size(), 60'000) > 0 && wanted[1].revents == 0)
        control::give_status(control::take_request(listener_).connection, json);
    });
  }
  ~Answering() {
    static_cast<void>(::eventfd_write(end_.get(), 1));
    thread_.join();
    ::unsetenv("RUNTIME_DIRECTORY");
  }
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;

 private:
  std::string path() const { return directory_ / "control"; }
  TemporaryDirectory directory_;
  Fd listener_;
  Fd end_{::eventfd(0, EFD_CLOEXEC)};
  std::thread thread_;
};

struct DaemonCheck {
  PostfixSite site;
  control::StatusReport report;

  DaemonCheck() {
    site.set_up();
    report.config_file = site.config.settings.file;
    report.route = control::RouteState::Verified;
  }
  Finding finding() {
    const Answering milter(report);
    return site.finding("daemon");
  }
};

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(daemon_check, DaemonCheck,
                         *boost::unit_test::precondition(pams::test::postfix_is_installed))

BOOST_AUTO_TEST_CASE(a_milter_in_order_is_fine) {
  const auto found = finding();
  BOOST_TEST((found.status == CheckStatus::Ok), found.seen);
}

BOOST_AUTO_TEST_CASE(no_milter_is_a_failure_with_a_remedy) {
  ::setenv("RUNTIME_DIRECTORY", "/nowhere", 1);
  const auto found = site.finding("daemon");
  ::unsetenv("RUNTIME_DIRECTORY");
  BOOST_TEST((found.status == CheckStatus::Fail));
  BOOST_TEST(has(found.seen, "no pams-milter is running"), found.seen);
  BOOST_TEST(found.remedy.starts_with("systemctl restart pams-milter"), found.remedy);
}

BOOST_AUTO_TEST_CASE(the_milters_own_failed_check_is_told_where_root_finds_nothing) {
  report.route = control::RouteState::Unverified;
  report.failed_checks = {{"retry_service", "its own view", "what to do"}};
  const auto found = finding();
  BOOST_TEST((found.status == CheckStatus::Fail), found.seen);
  BOOST_TEST(has(found.seen, "retry_service fails: its own view"), found.seen);
  BOOST_TEST(found.remedy == "what to do");
}

BOOST_AUTO_TEST_CASE(what_another_check_tells_already_is_not_told_twice) {
  site.append("main.cf", "milter_header_checks =\n");
  report.route = control::RouteState::Unverified;
  report.failed_checks = {{"milter_header_checks", "the same", "what to do"}};
  const auto found = finding();
  BOOST_TEST((found.status == CheckStatus::Ok), found.seen);
  BOOST_TEST(has(found.seen, "flagged mail waits"), found.seen);
}

BOOST_AUTO_TEST_CASE(what_only_the_milter_cannot_use_is_told_with_its_remedy) {
  report.access = {{"archive compliance", "/a", "/a is read-only for this process", "ReadWritePaths", true}};
  const auto found = finding();
  BOOST_TEST((found.status == CheckStatus::Fail), found.seen);
  BOOST_TEST(has(found.seen, "cannot use the archive compliance: /a is read-only"), found.seen);
  BOOST_TEST(found.remedy == "ReadWritePaths");
}

BOOST_AUTO_TEST_CASE(files_that_were_not_reloaded_are_a_warning) {
  report.changed = {"/etc/x has changed"};
  const auto found = finding();
  BOOST_TEST((found.status == CheckStatus::Warn), found.seen);
  BOOST_TEST(has(found.seen, "/etc/x has changed"), found.seen);
  BOOST_TEST(has(found.remedy, "systemctl reload"), found.remedy);
}

BOOST_AUTO_TEST_CASE(a_milter_with_another_configuration_is_named) {
  report.config_file = "/etc/another.toml";
  const auto found = finding();
  BOOST_TEST((found.status == CheckStatus::Fail), found.seen);
  BOOST_TEST(found.remedy == "pamsctl --config /etc/another.toml doctor");
}

BOOST_AUTO_TEST_SUITE_END()
