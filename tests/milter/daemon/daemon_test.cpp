#include "milter/daemon/daemon.hpp"

#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "milter/daemon/listen_socket.hpp"
#include "tests/support/files.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/running_milter.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

/// Waits until the test lets it go on: written to and read from a pipe.
struct Gate {
  Gate() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    read_end = Fd(ends[0]);
    write_end = Fd(ends[1]);
  }
  void open() const { BOOST_REQUIRE_EQUAL(::write(write_end.get(), "x", 1), 1); }
  void pass() const {
    char c = 0;
    if (::read(read_end.get(), &c, 1) != 1) throw std::runtime_error("the gate broke");
  }
  Fd read_end, write_end;
};

/// Binds and goes away without unlinking, as a killed milter does.
void leave_stale_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  BOOST_REQUIRE_EQUAL(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

constexpr std::string_view kFlagged = "zivver-relay: relay-1\n\nsecret\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(daemon_process)

BOOST_AUTO_TEST_CASE(it_says_where_it_listens_and_who_may_connect) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  struct stat socket {};
  BOOST_REQUIRE_EQUAL(::stat(gateway.socket().c_str(), &socket), 0);
  BOOST_TEST((socket.st_mode & 07777U) == 0660U);
}

BOOST_AUTO_TEST_CASE(term_ends_it_cleanly_and_removes_the_socket) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const Gateway gateway;
    RunningMilter milter(gateway.services());
    MilterClient client(gateway.socket());
    client.connect();
    BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kFlagged).kind == 'c');
    milter.signal(signal);
    BOOST_TEST(!milter.line_with("event=stopped").empty());
    BOOST_TEST(milter.exit_code() == 0);
    BOOST_TEST(!std::filesystem::exists(gateway.socket()));
  }
}

BOOST_AUTO_TEST_CASE(hup_usr1_usr2_and_pipe_do_not_end_it) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket());
  client.connect();
  for (int i = 0; i < 20; ++i)
    for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) milter.signal(signal);
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(client.send("ann@example.org", {"bob@example.net"}, kFlagged).kind == 'c');
  MilterClient another(gateway.socket());
  BOOST_TEST(another.connect() == 'c');
}

/// libmilter's own thread that waits for signals starts at the same time: it must not get one.
BOOST_AUTO_TEST_CASE(hup_while_it_is_starting_does_not_end_it_and_term_ends_it_cleanly) {
  for (int i = 0; i < 30; ++i) {
    const Gateway gateway;
    RunningMilter milter(gateway.services());
    for (int hangups = 0; hangups < 200; ++hangups) milter.signal(SIGHUP);
    MilterClient client(gateway.socket());
    BOOST_TEST(client.connect() == 'c');
    milter.signal(SIGHUP);
    milter.signal(SIGTERM);
    BOOST_TEST(!milter.line_with("event=stopped").empty());
    BOOST_TEST(milter.exit_code() == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_message_at_its_end_is_finished_before_it_stops) {
  const Gateway gateway;
  const auto services = gateway.services();
  const auto reached = std::make_shared<Gate>();
  const auto released = std::make_shared<Gate>();
  services->evaluate = [=](const rules::Policy& policy, Message message, Envelope envelope, Client client,
                           std::string_view limits, const rules::EvaluationContext& context) {
    reached->open();
    released->pass();
    return rules::evaluate(policy, std::move(message), std::move(envelope), std::move(client), limits,
                           context);
  };
  RunningMilter milter(services);
  MilterClient client(gateway.socket());
  client.connect();
  client.mail("ann@example.org");
  client.recipient("bob@example.net");
  client.header("zivver-relay", "relay-1");
  client.body("b\r\n");
  client.raw('E');
  reached->pass();
  milter.signal(SIGTERM);
  // The listener is gone when the socket is: only the message keeps the process now.
  while (std::filesystem::exists(gateway.socket())) std::this_thread::yield();
  released->open();
  char last = '?';
  do last = client.receive().first;
  while (last != 'c');
  BOOST_TEST(milter.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(a_stale_socket_is_replaced) {
  const Gateway gateway;
  leave_stale_socket(gateway.socket());
  RunningMilter milter(gateway.services());
  MilterClient client(gateway.socket());
  BOOST_TEST(client.connect() == 'c');
}

BOOST_AUTO_TEST_CASE(a_socket_that_answers_is_left_to_its_owner) {
  const Gateway gateway;
  RunningMilter first(gateway.services());
  const auto said = clear_stale_socket(gateway.socket());
  BOOST_REQUIRE(!said);
  BOOST_TEST(said.error().what.find("another program answers") != std::string::npos);
  RunningMilter second(gateway.services());
  BOOST_TEST(second.exit_code() == 1);
  MilterClient client(gateway.socket());
  BOOST_TEST(client.connect() == 'c');
}

BOOST_AUTO_TEST_CASE(one_that_is_refused_opens_nothing_that_belongs_to_the_first) {
  const Gateway gateway;
  RunningMilter first(gateway.services());
  const auto config = gateway.services()->config;
  const auto touches = [&](std::shared_ptr<const Config>) -> daemon::Wired {
    std::filesystem::create_directory(gateway.archive() + "-touched");
    throw std::runtime_error("archive and trace would be opened here");
  };
  RunningMilter second(config, touches, gateway.control_socket());
  BOOST_TEST(second.exit_code() == 1);
  BOOST_TEST(!std::filesystem::exists(gateway.archive() + "-touched"));
  BOOST_TEST(!std::filesystem::exists(gateway.control_socket()));
  MilterClient client(gateway.socket());
  BOOST_TEST(client.connect() == 'c');
}

BOOST_AUTO_TEST_CASE(what_throws_at_the_start_is_an_event_and_leaves_no_socket) {
  const Gateway gateway;
  const auto throws = [](std::shared_ptr<const Config>) -> daemon::Wired {
    throw std::runtime_error("no luck");
  };
  RunningMilter milter(gateway.services()->config, throws);
  BOOST_TEST(milter.exit_code() == 1);
  BOOST_TEST(!std::filesystem::exists(gateway.socket()));
}

BOOST_AUTO_TEST_CASE(a_socket_directory_that_is_not_there_is_told_with_a_remedy) {
  const Gateway gateway("", {"pams.sock", "missing/pams.sock"});
  auto listen = gateway.services()->config->settings.listen;
  const auto may = daemon::may_listen(listen);
  BOOST_REQUIRE(!may);
  BOOST_TEST(may.error().what.find("/missing is not there; remedy: install -d") != std::string::npos,
             may.error().what);
  RunningMilter milter(gateway.services());
  BOOST_TEST(milter.exit_code() == 1);
}

/// Nobody can wake libmilter by connecting, then.
BOOST_AUTO_TEST_CASE(it_ends_also_when_nobody_can_connect_to_its_socket_any_more) {
  const Gateway gateway;
  RunningMilter milter(gateway.services());
  std::filesystem::remove(gateway.socket());
  milter.signal(SIGTERM);
  BOOST_TEST(!milter.line_with("event=stopped").empty());
  BOOST_TEST(milter.exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(a_file_in_the_place_of_the_socket_is_never_removed) {
  const Gateway gateway;
  pams::test::write_file(gateway.socket(), "mine");
  RunningMilter milter(gateway.services());
  BOOST_TEST(milter.exit_code() == 1);
  BOOST_TEST(pams::test::read_file(gateway.socket()) == "mine");
}

BOOST_AUTO_TEST_SUITE_END()
