#include "milter/base/service_manager.hpp"

#include <cstdlib>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/support/notified.hpp"

using namespace pams::milter;
using namespace pams::test;
using std::chrono::milliseconds;

namespace {

/// Time passes when the test says so.
struct Clock {
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  ServicePulse::Clock read() {
    return [this] { return now; };
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(service_manager)

BOOST_AUTO_TEST_CASE(every_message_reaches_the_socket_that_the_environment_names) {
  for (const bool is_abstract : {false, true}) {
    const Notified notified(is_abstract);
    const auto manager = ServiceManager::from_environment();
    manager.ready();
    BOOST_TEST(notified.next() == "READY=1");
    manager.reloading();
    BOOST_TEST(notified.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    manager.status("one\nline");
    BOOST_TEST(notified.next() == "STATUS=one line");
    manager.alive();
    BOOST_TEST(notified.next() == "WATCHDOG=1");
    manager.stopping();
    BOOST_TEST(notified.next() == "STOPPING=1");
  }
}

BOOST_AUTO_TEST_CASE(without_a_socket_nothing_is_told_and_nobody_waits) {
  const ServiceManager nobody = ServiceManager::from_environment();
  BOOST_TEST(!nobody.is_there());
  nobody.ready();
  ServicePulse pulse(nobody, {[]() -> std::string { throw std::logic_error("asked"); },
                              []() -> bool { throw std::logic_error("asked"); }});
  BOOST_TEST(pulse.may_wait() == -1);
  pulse.tell_what_is_due();
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_gone_stops_nothing) {
  ::setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  ServiceManager::from_environment().ready();
  ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  ServiceManager::from_environment().ready();
  ::unsetenv("NOTIFY_SOCKET");
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_for_this_process_or_not_at_all) {
  const Notified notified;
  BOOST_TEST(!ServiceManager::from_environment().alive_every());
  notified.watch(milliseconds(60'000));
  BOOST_TEST((ServiceManager::from_environment().alive_every() == milliseconds(30'000)));
  ::setenv("WATCHDOG_PID", "1", 1);
  BOOST_TEST(!ServiceManager::from_environment().alive_every());
}

BOOST_AUTO_TEST_CASE(the_watchdog_hears_only_of_a_process_that_does_its_work) {
  const Notified notified;
  notified.watch(milliseconds(60'000));
  const auto manager = ServiceManager::from_environment();
  Clock clock;
  bool works = true;
  ServicePulse pulse(manager, {[] { return "fine"; }, [&] { return works; }}, clock.read());
  pulse.tell_what_is_due();
  BOOST_TEST((notified.all() == std::vector<std::string>{"WATCHDOG=1", "STATUS=fine"}));
  BOOST_TEST(pulse.may_wait() == 5000);  // the next status
  clock.now += milliseconds(29'999);
  pulse.tell_what_is_due();
  BOOST_TEST(notified.all().empty());
  clock.now += milliseconds(1);
  works = false;
  pulse.tell_what_is_due();
  BOOST_TEST(notified.all().empty());
  works = true;
  clock.now += milliseconds(1'000);  // it is asked again well before the watchdog's 60 seconds are over
  pulse.tell_what_is_due();
  BOOST_TEST((notified.all() == std::vector<std::string>{"WATCHDOG=1"}));
}

BOOST_AUTO_TEST_CASE(the_status_is_told_when_it_has_changed) {
  const Notified notified;
  const auto manager = ServiceManager::from_environment();
  Clock clock;
  std::string status = "first";
  ServicePulse pulse(manager, {[&] { return status; }, [] { return true; }}, clock.read());
  for (int i = 0; i < 3; ++i, clock.now += std::chrono::seconds(5)) pulse.tell_what_is_due();
  BOOST_TEST((notified.all() == std::vector<std::string>{"STATUS=first"}));
  status = "second";
  pulse.tell_what_is_due();
  BOOST_TEST((notified.all() == std::vector<std::string>{"STATUS=second"}));
}

BOOST_AUTO_TEST_SUITE_END()
