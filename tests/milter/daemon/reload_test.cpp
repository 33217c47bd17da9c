// Reloads of a running daemon: by HUP, and as pamsctl asks for it.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "milter/archive/archive_database.hpp"
#include "milter/daemon/control_socket.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/milter_client.hpp"
#include "tests/support/opened_carrier.hpp"
#include "tests/support/running_milter.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::milter::test;

namespace {

constexpr std::chrono::seconds kTimeout(60);
constexpr std::string_view kOrdinary = "Subject: hello\n\nhello\n";
constexpr std::string_view kFlagged = "zivver-relay: relay-1\n\nsecret\n";

/// Two rules that mark a message with the configuration's number: one message must never carry two numbers.
std::string numbered(const std::string& number, const std::string& more = "") {
  return R"(
[[transport_rule]]
name = "First"
[[transport_rule.do]]
set_header = { name = "X-First", value = ")" +
         number + R"(" }
)" + more +
         R"(
[[transport_rule]]
name = "Last"
[[transport_rule.do]]
set_header = { name = "X-Last", value = ")" +
         number + R"(" }
)";
}

const std::string kLooksAtBodies = R"(
[[transport_rule]]
name = "Looks at bodies"
[transport_rule.if]
subject_or_body_contains_words = ["the word"]
[[transport_rule.do]]
reject_message = { reason_text = "not that word" }
)";

/// What a milter gets in the real daemon; only the MTA's routing is a word of the test.
daemon::Wire real_wiring() {
  return [wiring = std::make_shared<daemon::Wiring>()](std::shared_ptr<const Config> config) {
    auto wired = wiring->wire(std::move(config));
    auto services = std::make_shared<session::Services>(*wired.services);
    services->route_guard = std::make_shared<RoutingIs>(true);
    return daemon::Wired{std::move(services), wired.remarks};
  };
}

struct ReloadFixture {
  const Gateway gateway{numbered("1")};
  RunningMilter milter{gateway.services()->config, real_wiring(), gateway.control_socket()};

  daemon::ControlAnswer reload() const {
    const auto answer = daemon::ask_to_reload(gateway.control_socket(), gateway.settings_file(), kTimeout);
    BOOST_TEST_REQUIRE(answer.has_value(), (answer ? "" : answer.error().what));
    return *answer;
  }
  void reload_with(const std::string& rules) const {
    gateway.write_settings(rules);
    const auto answer = reload();
    BOOST_TEST(answer.reloaded, answer.text);
  }
};

std::string value_of(const Ending& ending, const std::string& header) {
  for (const auto& one : ending.modifications) {
    const auto at = one.data.find(header + "|");
    if (one.kind == 'h' && at != std::string::npos) {
      const auto value = one.data.substr(at + header.size() + 1);
      return value.substr(value.find_first_not_of(' '));
    }
  }
  return "";
}

/// Both marks, which must be the same.
std::string configuration_of(const Ending& ending) {
  const auto first = value_of(ending, "X-First");
  BOOST_TEST(first == value_of(ending, "X-Last"));
  return first;
}

struct Connection : MilterClient {
  explicit Connection(const Gateway& gateway, Offer offer = {}) : MilterClient(gateway.socket(), offer) {
    connect();
  }
  Ending send_one(std::string_view eml = kOrdinary) {
    return send("ann@example.org", {"bob@example.net"}, eml);
  }
  void begin(const std::string& name, const std::string& value) {
    mail("ann@example.org");
    recipient("bob@example.net");
    header(name, value);
    end_of_header();
  }
};

std::size_t entries_of(const std::string& directory) {
  const std::filesystem::directory_iterator all(directory);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

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

BOOST_FIXTURE_TEST_SUITE(reload, ReloadFixture)

BOOST_AUTO_TEST_CASE(a_message_in_work_keeps_its_configuration_and_the_next_one_gets_the_new) {
  Connection client(gateway);
  client.begin("Subject", "hello");
  reload_with(numbered("2"));
  BOOST_TEST(configuration_of(client.end_of_message()) == "1");
  BOOST_TEST(configuration_of(client.send_one()) == "2");
}

BOOST_AUTO_TEST_CASE(a_file_with_errors_is_refused_and_every_error_is_named) {
  gateway.write_settings(numbered("2") + "[[transport_rule]]\nnmae = \"x\"\n[trsut]\n");
  const auto answer = reload();
  BOOST_TEST(!answer.reloaded);
  for (const auto* named :
       {"nmae", "trsut", "pams-milter.toml:", "goes on with the configuration that it has"})
    BOOST_TEST(answer.text.find(named) != std::string::npos, answer.text);
  for (const auto* named : {"trsut", "nmae"})
    BOOST_TEST(milter.line_with(named).find("event=configuration_error at=" + gateway.settings_file()) !=
               std::string::npos);
  BOOST_TEST(!milter.line_with("event=reload_refused").empty());
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "1");
  reload_with(numbered("3"));
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "3");
}

BOOST_AUTO_TEST_CASE(a_file_that_has_gone_is_refused) {
  std::filesystem::remove(gateway.settings_file());
  const auto answer = reload();
  BOOST_TEST(!answer.reloaded);
  BOOST_TEST(answer.text.find("No such file") != std::string::npos, answer.text);
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "1");
}

BOOST_AUTO_TEST_CASE(hup_reloads_and_never_stops_the_milter) {
  Connection client(gateway);
  for (const std::string number : {"2", "3", "4"}) {
    gateway.write_settings(numbered(number));
    milter.signal(SIGHUP);
    BOOST_REQUIRE(!milter.line_with("event=reloaded").empty());
    BOOST_TEST(configuration_of(client.send_one()) == number);
  }
  for (int i = 0; i < 5000; ++i) milter.signal(SIGHUP);
  BOOST_TEST(configuration_of(client.send_one()) == "4");
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "4");
}

BOOST_AUTO_TEST_CASE(a_stop_in_the_middle_of_reloads_is_a_clean_one) {
  std::thread asking([&] {
    while (daemon::ask_to_reload(gateway.control_socket(), gateway.settings_file(), kTimeout)) continue;
  });
  for (int i = 0; i < 5; ++i) BOOST_TEST(!milter.line_with("event=reloaded").empty());
  milter.signal(SIGTERM);
  milter.signal(SIGTERM);
  asking.join();
  BOOST_TEST(!milter.line_with("event=stopped").empty());
  BOOST_TEST(milter.exit_code() == 0);
  BOOST_TEST(!std::filesystem::exists(gateway.control_socket()));
}

BOOST_AUTO_TEST_CASE(a_connection_that_skipped_bodies_sends_them_when_a_rule_begins_to_need_them) {
  Connection client(gateway);
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 's');
  BOOST_TEST(configuration_of(client.end_of_message()) == "1");
  reload_with(numbered("2", kLooksAtBodies));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 'c');
  BOOST_TEST(client.end_of_message().kind == 'y');
  reload_with(numbered("3"));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 's');
  BOOST_TEST(configuration_of(client.end_of_message()) == "3");
}

BOOST_AUTO_TEST_CASE(a_message_that_skipped_its_body_before_the_reload_is_not_judged_by_the_new_rules) {
  Connection client(gateway);
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x')) == 's');
  reload_with(numbered("2", kLooksAtBodies));
  BOOST_TEST(configuration_of(client.end_of_message()) == "1");
}

BOOST_AUTO_TEST_CASE(a_connection_without_answers_to_bodies_stays_in_step_when_no_rule_needs_them_any_more) {
  reload_with(numbered("2", kLooksAtBodies));
  Connection client(gateway);
  reload_with(numbered("3"));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 'c');
  BOOST_TEST(configuration_of(client.end_of_message()) == "3");
  reload_with(numbered("4", kLooksAtBodies));
  client.begin("Subject", "hello");
  BOOST_TEST(client.body(std::string(200000, 'x') + " the word\r\n") == 'c');
  BOOST_TEST(client.end_of_message().kind == 'y');
  BOOST_TEST(is_sealed(client.send_one(kFlagged)));
}

BOOST_AUTO_TEST_CASE(an_archive_that_was_removed_still_takes_the_messages_that_began_with_it) {
  reload_with(numbered("2", kArchiveFlagged));
  Connection client(gateway);
  client.begin("zivver-relay", "relay-1");
  gateway.write_settings(numbered("3"),
                         {"[[archive]]\nname = \"compliance\"", "[[archive]]\nname = \"other\""});
  BOOST_TEST(reload().reloaded);
  BOOST_TEST(open_carrier(client.end_of_message(), gateway.key_file()).field("X-First") == "2");
  auto database = archive::ArchiveDatabase::open(gateway.archive(), sqlite::Access::ReadOnly);
  BOOST_REQUIRE(database.has_value());
  BOOST_TEST(database->tip().value().number == 1);
}

BOOST_AUTO_TEST_CASE(another_address_to_listen_at_is_named_and_the_rest_applies) {
  gateway.write_settings(numbered("2"), {"pams.sock", "other.sock"});
  const auto answer = reload();
  BOOST_TEST(answer.reloaded);
  BOOST_TEST(
      answer.text.find("restart needed: milter.listen stays unix:" + gateway.socket()) != std::string::npos,
      answer.text);
  BOOST_TEST(!milter.line_with("event=restart_needed").empty());
  BOOST_TEST(configuration_of(Connection(gateway).send_one()) == "2");
}

BOOST_AUTO_TEST_CASE(level_and_format_of_the_log_change) {
  gateway.write_settings(numbered("2") + "[log]\nformat = \"json\"\n");
  BOOST_TEST(reload().reloaded);
  BOOST_TEST(milter.line_with("reloaded").front() == '{');
}

BOOST_AUTO_TEST_CASE(only_the_owner_may_ask_and_only_for_the_file_that_the_milter_runs_with) {
  struct stat socket {};
  BOOST_REQUIRE_EQUAL(::stat(gateway.control_socket().c_str(), &socket), 0);
  BOOST_TEST((socket.st_mode & 07777U) == 0600U);
  const auto other = daemon::ask_to_reload(gateway.control_socket(), "/etc/other.toml", kTimeout);
  BOOST_REQUIRE(other.has_value());
  BOOST_TEST(!other->reloaded);
  BOOST_TEST(other->text.find("runs with " + gateway.settings_file()) != std::string::npos, other->text);
}

BOOST_AUTO_TEST_CASE(who_asks_while_no_milter_runs_is_told_so) {
  milter.signal(SIGKILL);
  BOOST_TEST(milter.exit_code() == -1);
  for (const auto& path : {gateway.control_socket(), gateway.control_socket() + "-never"}) {
    const auto answer = daemon::ask_to_reload(path, gateway.settings_file(), kTimeout);
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().what.find("no pams-milter is running") == 0U);
  }
  RunningMilter again(gateway.services()->config, real_wiring(), gateway.control_socket());
  BOOST_TEST(reload().reloaded);  // the stale socket was replaced
}

BOOST_AUTO_TEST_CASE(who_asks_a_milter_that_hangs_is_told_so) {
  milter.signal(SIGSTOP);
  const auto answer =
      daemon::ask_to_reload(gateway.control_socket(), gateway.settings_file(), std::chrono::seconds(1));
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

/// Many connections send all the time while configurations come and go: each message has exactly one, none
/// older than the last that was in place before it began, and each flagged one has its marker.
BOOST_AUTO_TEST_CASE(under_load_each_message_sees_exactly_one_configuration) {
  std::atomic<bool> over = false;
  std::atomic<int> in_place = 1, sent = 0, wrong = 0;
  const std::string quiet = "[log]\nlevel = \"error\"\n";  // a log that nobody reads would stop the milter
  reload_with(numbered("1", quiet));
  const auto send_all_the_time = [&] {
    try {
      Connection client(gateway);
      for (int i = 0; !over; ++i) {
        const int at_least = in_place;
        const auto ending = client.send_one(i % 2 == 0 ? kFlagged : kOrdinary);
        const bool sealed = is_sealed(ending);
        const auto inside = sealed ? open_carrier(ending, gateway.key_file()) : OpenedCarrier{};
        const auto first = sealed ? inside.field("X-First") : value_of(ending, "X-First");
        const auto last = sealed ? inside.field("X-Last") : value_of(ending, "X-Last");
        if (ending.kind != 'c' || first != last || std::stoi(first) < at_least || sealed != (i % 2 == 0))
          ++wrong;
        ++sent;
      }
    } catch (const std::exception&) {
      ++wrong;
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(send_all_the_time);
  const std::vector<std::string> more{"", kLooksAtBodies, kArchiveFlagged};
  for (int number = 2; number < 60; ++number) {
    gateway.write_settings("nonsense");
    if (reload().reloaded) ++wrong;
    milter.line_with("event=reload_refused");
    gateway.write_settings(
        numbered(std::to_string(number), more[static_cast<std::size_t>(number) % 3] + quiet));
    if (number % 7 == 0) milter.signal(SIGHUP);
    if (!reload().reloaded) ++wrong;
    in_place = number;
    for (const int before = sent; sent < before + 8 && wrong == 0;) std::this_thread::yield();
  }
  over = true;
  for (auto& client : clients) client.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(sent > 400);
}

BOOST_AUTO_TEST_CASE(thousands_of_reloads_leave_no_descriptor_and_no_thread_behind) {
  const auto process = "/proc/" + std::to_string(milter.pid());
  const auto elsewhere = std::pair<std::string, std::string>("trace.db", "other-trace.db");
  reload_with(numbered("2"));
  static_cast<void>(Connection(gateway).send_one());
  const std::size_t maximum =
      entries_of(process + "/fd") + 12;  // the trace opens and closes its files when it likes
  const std::size_t most_threads = entries_of(process + "/task") + 6;
  for (int i = 0; i < 1200; ++i) {
    gateway.write_settings(i % 3 == 0 ? "nonsense" : numbered("2"),
                           i % 2 == 0 ? elsewhere : std::pair<std::string, std::string>());
    BOOST_REQUIRE_EQUAL(reload().reloaded, i % 3 != 0);
    milter.line_with(i % 3 == 0 ? "event=reload_refused" : "event=reloaded");
    BOOST_REQUIRE_LE(entries_of(process + "/fd"), maximum);
    BOOST_REQUIRE_LE(entries_of(process + "/task"), most_threads);
  }
}

BOOST_AUTO_TEST_SUITE_END()
