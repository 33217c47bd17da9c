// What asks a running daemon to reload, and what it answers.
#include <csignal>
#include <cstring>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/milter/daemon/reload_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

Fd connected_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  BOOST_REQUIRE_EQUAL(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
                      0);
  return socket;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(control_socket, ReloadFixture)

BOOST_AUTO_TEST_CASE(only_the_owner_may_ask_and_only_for_the_file_that_the_milter_runs_with) {
  struct stat socket {};
  BOOST_REQUIRE_EQUAL(::stat(gateway.control_socket().c_str(), &socket), 0);
  BOOST_TEST((socket.st_mode & 07777U) == 0600U);
  const auto other = control::ask_to_reload(gateway.control_socket(), "/etc/other.toml", kTimeout);
  BOOST_REQUIRE(other.has_value());
  BOOST_TEST(!other->reloaded);
  BOOST_TEST(other->text.find("runs with " + gateway.settings_file()) != std::string::npos, other->text);
}

BOOST_AUTO_TEST_CASE(who_asks_while_no_milter_runs_is_told_so) {
  milter.signal(SIGKILL);
  BOOST_TEST(milter.exit_code() == -1);
  for (const auto& path : {gateway.control_socket(), gateway.control_socket() + "-never"}) {
    const auto answer = control::ask_to_reload(path, gateway.settings_file(), kTimeout);
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().what.find("no pams-milter is running") == 0U);
  }
  RunningMilter again(gateway.services()->config, real_wiring(), gateway.control_socket());
  BOOST_TEST(reload().reloaded);  // the stale socket was replaced
}

BOOST_AUTO_TEST_CASE(who_asks_a_milter_that_hangs_is_told_so) {
  milter.signal(SIGSTOP);
  const auto answer =
      control::ask_to_reload(gateway.control_socket(), gateway.settings_file(), std::chrono::seconds(1));
  milter.signal(SIGCONT);
  BOOST_REQUIRE(!answer.has_value());
  BOOST_TEST(answer.error().what.find("has not answered within 1 s") != std::string::npos,
             answer.error().what);
  BOOST_TEST(reload().reloaded);
}

BOOST_AUTO_TEST_CASE(who_asks_badly_or_not_at_all_keeps_nobody_waiting_for_long) {
  const auto path = gateway.control_socket();
  for (const auto& packet : {std::string("reload"), std::string(100000, 'x'), std::string("\0\n", 2)})
    BOOST_TEST(::send(connected_to(path).get(), packet.data(), packet.size(), MSG_NOSIGNAL) > 0);
  { const auto hangs_up = connected_to(path); }
  const auto silent = connected_to(path);
  Connection client(gateway);
  BOOST_TEST(configuration_of(client.send_one()) == "1");
  reload_with(numbered("2"));
  BOOST_TEST(configuration_of(client.send_one()) == "2");
}

BOOST_AUTO_TEST_SUITE_END()
