#include "milter/trace/journald_log.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/temporary_directory.hpp"

using namespace pams::milter::trace;

namespace {

/// As journalctl 252 prints it.
std::string json_line(const std::string& cursor, const std::string& message) {
  return R"({"__CURSOR":")" + cursor + R"(","__REALTIME_TIMESTAMP":"1795457910426452","SYSLOG_IDENTIFIER":)" +
         R"("postfix/qmgr","SYSLOG_PID":"17","_PID":"18","MESSAGE":)" + message + "}";
}

/// Reads until `wanted` entries have come.
LogBatch read(JournaldLog& journal, std::size_t wanted) {
  LogBatch all;
  while (all.entries.size() < wanted) {
    auto batch = journal.read({});
    if (!batch) continue;
    for (auto& entry : batch->entries) all.entries.push_back(std::move(entry));
    all.place = batch->place;
    std::this_thread::yield();
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journald_log)

BOOST_AUTO_TEST_CASE(a_line_of_the_journal_gives_what_a_line_of_a_file_gives) {
  std::string cursor;
  const auto entry = read_journal_line(json_line("s=1;i=2", R"("8A3DAA7A068: removed")"), cursor);
  BOOST_TEST_REQUIRE(entry.has_value());
  BOOST_TEST(cursor == "s=1;i=2");
  BOOST_TEST(entry->service == "postfix/qmgr");
  BOOST_TEST(entry->process == "17");
  BOOST_TEST(entry->message == "8A3DAA7A068: removed");
  BOOST_TEST(entry->time.time_since_epoch().count() == 1795457910426);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_utf8_comes_as_bytes) {
  std::string cursor;
  const auto entry = read_journal_line(json_line("c", "[65,255,66]"), cursor);
  BOOST_TEST(entry.value().message ==
             "A\xFF"
             "B");
}

BOOST_AUTO_TEST_CASE(anything_else_is_nothing) {
  std::string cursor = "kept";
  for (const auto* line : {"", "{", "[]", "null", R"({"MESSAGE":1})", R"({"__REALTIME_TIMESTAMP":"x"})"})
    BOOST_TEST(!read_journal_line(line, cursor).has_value(), line);
  BOOST_TEST(cursor == "kept");
}

BOOST_AUTO_TEST_CASE(journalctl_is_started_again_behind_the_last_line_that_was_read) {
  const pams::test::TemporaryDirectory directory;
  const auto script =
      directory.write("journalctl", "#!/bin/sh\nprintf '%s\\n' \"$*\" >> " + (directory / "calls") +
                                        "\necho '" + json_line("c1", R"("first")") + "'\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  JournaldLog journal({script}, {});
  const auto first = read(journal, 2);  // it ends, and is started a second time
  BOOST_TEST(first.entries[0].message == "first");
  BOOST_TEST(first.place.cursor == "c1");
  std::ifstream calls(directory / "calls");
  std::string call;
  std::getline(calls, call);
  BOOST_TEST(call.ends_with("SYSLOG_FACILITY=2 --lines=all --since=now"), call);
  std::getline(calls, call);
  BOOST_TEST(call.ends_with("--lines=all --after-cursor=c1"), call);
}

BOOST_AUTO_TEST_CASE(a_journalctl_that_does_not_exist_is_a_failure) {
  JournaldLog journal({"/nonexistent/journalctl"}, {});
  BOOST_TEST(!journal.read({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
