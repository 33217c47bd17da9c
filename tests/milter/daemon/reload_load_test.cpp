// Many reloads, while mail flows and without.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/milter/daemon/reload_fixture.hpp"
#include "tests/support/opened_carrier.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

std::size_t entries_of(const std::string& directory) {
  const std::filesystem::directory_iterator all(directory);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reload_load, ReloadFixture)

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
        const auto ending = client.send_one(i % 2 == 0 ? kSecretMail : kPlainMail);
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

BOOST_AUTO_TEST_CASE(thousands_of_reloads_leave_no_descriptor_and_no_thread) {
  const auto process = "/proc/" + std::to_string(milter.pid());
  const auto elsewhere = std::pair<std::string, std::string>("trace.db", "other-trace.db");
  reload_with(numbered("2"));
  static_cast<void>(Connection(gateway).send_one());
  const std::size_t maximum =
      entries_of(process + "/fd") + 12;  // the trace opens and closes its files when it likes
  const std::size_t maximum_threads = entries_of(process + "/task") + 6;
  for (int i = 0; i < 1200; ++i) {
    gateway.write_settings(i % 3 == 0 ? "nonsense" : numbered("2"),
                           i % 2 == 0 ? elsewhere : std::pair<std::string, std::string>());
    BOOST_REQUIRE_EQUAL(reload().reloaded, i % 3 != 0);
    milter.line_with(i % 3 == 0 ? "event=reload_refused" : "event=reloaded");
    BOOST_REQUIRE_LE(entries_of(process + "/fd"), maximum);
    BOOST_REQUIRE_LE(entries_of(process + "/task"), maximum_threads);
  }
}

BOOST_AUTO_TEST_SUITE_END()
