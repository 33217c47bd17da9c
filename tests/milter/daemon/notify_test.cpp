// What systemd hears of the daemon, at a real datagram socket.
#include <csignal>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "milter/daemon/listen_socket.hpp"
#include "tests/milter/daemon/reload_fixture.hpp"
#include "tests/support/notified.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

/// In the order in which a child process must see it.
struct NotifyFixture {
  const Notified notified;
  const Gateway gateway{numbered("1")};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_notices, NotifyFixture)

BOOST_AUTO_TEST_CASE(ready_is_told_when_the_socket_serves) {
  RunningMilter milter(gateway.services()->config, real_wiring(), gateway.control_socket());
  BOOST_TEST(notified.next() == "READY=1");
  BOOST_TEST(Connection(gateway).send_one().kind == 'c');
  BOOST_TEST(notified.next_with("STATUS=").starts_with("STATUS=rout"));
}

BOOST_AUTO_TEST_CASE(a_reload_is_told_from_its_beginning_to_its_end_also_a_refused_one) {
  RunningMilter milter(gateway.services()->config, real_wiring(), gateway.control_socket());
  BOOST_TEST(notified.next() == "READY=1");
  for (const auto* rules : {"", "nonsense"}) {
    gateway.write_settings(rules);
    milter.signal(SIGHUP);
    BOOST_TEST(notified.next_with("RELOADING=1").starts_with("RELOADING=1\nMONOTONIC_USEC="));
    BOOST_TEST(notified.next_with("READY=1") == "READY=1");
  }
}

BOOST_AUTO_TEST_CASE(the_end_is_told) {
  RunningMilter milter(gateway.services()->config, real_wiring(), gateway.control_socket());
  milter.signal(SIGTERM);
  BOOST_TEST(notified.next_with("STOPPING=1") == "STOPPING=1");
  BOOST_TEST(milter.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(the_watchdog_hears_again_and_again_of_a_milter_that_answers) {
  notified.watch(std::chrono::milliseconds(100));
  RunningMilter milter(gateway.services()->config, real_wiring(), gateway.control_socket());
  for (int i = 0; i < 5; ++i) BOOST_TEST(notified.next_with("WATCHDOG=1") == "WATCHDOG=1");
}

BOOST_AUTO_TEST_CASE(a_milter_counts_as_answering_only_while_it_would_hear_an_mta) {
  const auto& listen = gateway.services()->config->settings.listen;
  BOOST_TEST(!daemon::is_answering(listen, std::chrono::seconds(60)));  // nobody is there
  RunningMilter milter(gateway.services());
  BOOST_TEST(daemon::is_answering(listen, std::chrono::seconds(60)));
  milter.signal(SIGSTOP);  // it hangs: the kernel still takes connections for it
  BOOST_TEST(!daemon::is_answering(listen, std::chrono::milliseconds(50)));
  milter.signal(SIGCONT);
  BOOST_TEST(daemon::is_answering(listen, std::chrono::seconds(60)));
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_is_never_told_as_ready) {
  RunningMilter first(gateway.services());
  BOOST_TEST(notified.next() == "READY=1");
  RunningMilter second(gateway.services());
  BOOST_TEST(second.exit_code() == 1);
  for (const auto& packet : notified.all()) BOOST_TEST(packet.find("READY=1") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
