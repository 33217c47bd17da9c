#include "milter/trace/trace_writer.hpp"

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "milter/trace/trace_query.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams::milter::trace;
using namespace std::chrono_literals;

namespace {

constexpr auto kTimeout = std::chrono::seconds(60);

Instant now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

MessageTrace message(const std::string& queue_id) {
  MessageTrace message;
  message.received = now();
  message.queue_id = queue_id;
  message.sender = "anna@example.org";
  message.recipients = {"bob@b.example"};
  message.message_class = "outbound";
  return message;
}

struct WriterFixture {
  const pams::test::TemporaryDirectory directory;
  const std::string path = directory / "trace.db";

  WriterSettings settings() const {
    WriterSettings settings;
    settings.path = path;
    settings.pause = 5ms;
    return settings;
  }
  std::size_t rows() const {
    Filter filter;
    filter.limit = 100'000;
    return TraceQuery::open(path).value().find(filter).value().size();
  }
  std::vector<Gap> gaps() const { return TraceQuery::open(path).value().gaps({}, {}).value(); }
  /// A path that cannot be opened until `allow` is called.
  std::string forbidden() const {
    std::ofstream(directory / "not-yet") << "a file where a directory must be";
    return directory / "not-yet/trace.db";
  }
  void allow() const {
    std::filesystem::remove(directory / "not-yet");
    std::filesystem::create_directory(directory / "not-yet");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trace_writer, WriterFixture)

BOOST_AUTO_TEST_CASE(what_many_sessions_record_is_there_when_the_writer_has_stopped) {
  {
    TraceWriter writer(settings());
    std::vector<std::thread> sessions;
    for (int session = 0; session < 4; ++session)
      sessions.emplace_back([&writer] {
        for (int i = 0; i < 250; ++i) writer.record(message("8A3DAA7A068"));
      });
    for (auto& session : sessions) session.join();
    writer.stop(kTimeout);
  }
  BOOST_TEST(rows() == 1000U);
  BOOST_TEST(gaps().empty());
}

BOOST_AUTO_TEST_CASE(messages_wait_while_the_database_cannot_be_written) {
  auto waiting = settings();
  waiting.path = forbidden();
  TraceWriter writer(waiting);
  for (int i = 0; i < 10; ++i) writer.record(message("8A3DAA7A068"));
  BOOST_TEST(!writer.wait_until_written(20ms));
  allow();
  BOOST_TEST(writer.wait_until_written(kTimeout));
  auto query = TraceQuery::open(waiting.path).value();
  BOOST_TEST(query.find({}).value().size() == 10U);
  BOOST_TEST(query.gaps({}, {}).value().empty());
}

BOOST_AUTO_TEST_CASE(that_it_fails_and_that_it_works_again_is_told_without_a_message) {
  auto watched = settings();
  watched.path = forbidden();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> told;
  watched.on_condition = [&](const std::string& failure) {
    const std::lock_guard lock(mutex);
    told.push_back(failure);
    changed.notify_all();
  };
  TraceWriter writer(watched);
  const auto wait_for_told = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    BOOST_TEST_REQUIRE(changed.wait_for(lock, kTimeout, [&] { return told.size() >= count; }));
    return told.at(count - 1);
  };
  const auto failure = wait_for_told(1);
  BOOST_TEST(failure.find(directory / "not-yet: Not a directory; ls -ld ") != std::string::npos, failure);
  allow();
  BOOST_TEST(wait_for_told(2) == "");
  writer.stop(kTimeout);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_is_told_to_readers_until_it_can) {
  auto with_log = settings();
  with_log.mail_log = directory / "mail.log";
  TraceWriter writer(with_log);
  const auto state = [&] { return TraceQuery::open(path).value().state().value(); };
  writer.record(message("8A3DAA7A068"));
  BOOST_TEST(writer.wait_until_written(kTimeout));
  BOOST_TEST_REQUIRE(state().log.has_value());
  BOOST_TEST(state().log.value().reason.find("mail.log") != std::string::npos);
  BOOST_TEST(!state().store.has_value());
  std::ofstream(with_log.mail_log) << "\n";
  BOOST_TEST(writer.wait_until_written(kTimeout));
  BOOST_TEST((state() == TraceState{}));
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_written_is_told_to_readers_until_it_can) {
  TraceWriter writer(settings());
  writer.record(message("8A3DAA7A068"));
  BOOST_TEST(writer.wait_until_written(kTimeout));
  {
    // Whoever holds the database longer than the writer waits is as bad as a full disk.
    auto other = pams::milter::sqlite::Database::open(path, pams::milter::sqlite::Access::ReadWrite,
                                                      pams::milter::sqlite::Durability::Normal)
                     .value();
    BOOST_TEST(other.run("BEGIN IMMEDIATE").has_value());
    writer.record(message("8A3DAA7A069"));
    const auto give_up_at = std::chrono::steady_clock::now() + kTimeout;
    while (!read_state(path).value().store && std::chrono::steady_clock::now() < give_up_at)
      std::this_thread::yield();
    BOOST_TEST_REQUIRE(read_state(path).value().store.has_value());
    BOOST_TEST(shown_state(read_state(path).value()).find("the trace cannot be written") !=
               std::string::npos);
  }
  BOOST_TEST(writer.wait_until_written(kTimeout));
  BOOST_TEST((read_state(path).value() == TraceState{}));
  BOOST_TEST(rows() == 2U);
}

BOOST_AUTO_TEST_CASE(what_a_full_queue_cannot_take_is_counted_and_shown_as_a_gap) {
  auto small = settings();
  small.path = forbidden();
  small.queue_length = 3;
  TraceWriter writer(small);
  std::vector<Instant> times;
  for (int i = 0; i < 10; ++i) {
    auto one = message("8A3DAA7A068");
    times.push_back(one.received);
    writer.record(std::move(one));
  }
  allow();
  BOOST_TEST(writer.wait_until_written(kTimeout));
  auto query = TraceQuery::open(small.path).value();
  BOOST_TEST(query.find({}).value().size() == 3U);
  const auto gaps = query.gaps({}, {}).value();
  BOOST_TEST_REQUIRE(gaps.size() == 1U);
  BOOST_TEST(gaps[0].lost.value() == 7U);
  BOOST_TEST((gaps[0].from == times[3]));
  BOOST_TEST((gaps[0].until == times[9]));
}

BOOST_AUTO_TEST_CASE(huge_messages_are_bounded_by_their_bytes) {
  auto small = settings();
  small.path = forbidden();
  small.queue_bytes = 100'000;
  TraceWriter writer(small);
  auto huge = message("8A3DAA7A068");
  for (int i = 0; i < 60; ++i) huge.events.push_back({EventKind::Note, std::string(1000, 'x')});
  writer.record(huge);
  writer.record(huge);
  allow();
  BOOST_TEST(writer.wait_until_written(kTimeout));
  auto query = TraceQuery::open(small.path).value();
  BOOST_TEST(query.find({}).value().size() == 1U);
  BOOST_TEST(query.gaps({}, {}).value().at(0).lost.value() == 1U);
}

BOOST_AUTO_TEST_CASE(a_locked_database_delays_and_loses_nothing) {
  {
    auto other = pams::milter::sqlite::Database::open(path, pams::milter::sqlite::Access::ReadWrite,
                                                      pams::milter::sqlite::Durability::Normal)
                     .value();
    BOOST_TEST_REQUIRE(TraceStore::open(path, now()).value().close_cleanly().has_value());
    BOOST_TEST_REQUIRE(other.script("BEGIN IMMEDIATE").has_value());
    TraceWriter writer(settings());
    for (int i = 0; i < 10; ++i) writer.record(message("8A3DAA7A068"));
    BOOST_TEST(!writer.wait_until_written(20ms));
    BOOST_TEST_REQUIRE(other.script("COMMIT").has_value());
    BOOST_TEST(writer.wait_until_written(kTimeout));
  }
  BOOST_TEST(rows() == 10U);
  BOOST_TEST(gaps().empty());
}

BOOST_AUTO_TEST_CASE(stopping_ends_in_time_when_nothing_can_be_written) {
  auto hopeless = settings();
  hopeless.path = forbidden();
  TraceWriter writer(hopeless);
  writer.record(message("8A3DAA7A068"));
  writer.stop(20ms);  // returns, and the log tells of one lost message
  BOOST_TEST(!std::filesystem::exists(hopeless.path));
}

BOOST_AUTO_TEST_CASE(stopping_does_not_wait_for_a_trace_that_has_nothing_to_take) {
  auto settings = this->settings();
  settings.path = forbidden();
  TraceWriter(settings).stop(std::chrono::hours(24));  // this test ends all the same
}

BOOST_AUTO_TEST_CASE(an_end_without_a_clean_stop_is_shown_as_a_gap_of_unknown_size) {
  {
    auto killed = TraceStore::open(path, now()).value();
    const auto one = message("8A3DAA7A068");
    BOOST_TEST_REQUIRE(killed.write({&one, 1}, {}).has_value());
  }
  { TraceWriter writer(settings()); }
  const auto found = gaps();
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST(!found[0].lost.has_value());
  { TraceWriter writer(settings()); }
  BOOST_TEST(gaps().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_mail_log_is_joined_and_a_restart_neither_misses_nor_doubles_a_line) {
  auto joined = settings();
  joined.mail_log = directory.write("mail.log", "");
  const auto append = [&](const std::string& line) {
    std::ofstream(joined.mail_log, std::ios::app)
        << "2026-11-23T12:00:00Z gateway postfix/smtp[1]: 8A3DAA7A068: to=<bob@b.example>, " << line << "\n";
  };
  const std::string rest = ", delay=1, delays=1/0/0/0, dsn=2.0.0, status=";
  {
    TraceWriter writer(joined);
    BOOST_TEST(writer.wait_until_written(kTimeout));
    writer.record(message("8A3DAA7A068"));
    append("relay=none" + rest + "deferred (refused)");
    BOOST_TEST(writer.wait_until_written(kTimeout));
  }
  append("relay=none" + rest + "deferred (refused)");
  append("relay=mx[1.2.3.4]:25" + rest + "sent (250 ok)");
  {
    TraceWriter writer(joined);
    BOOST_TEST(writer.wait_until_written(kTimeout));
  }
  auto query = TraceQuery::open(path).value();
  const auto row = query.find({}).value().at(0);
  BOOST_TEST(row.status == "Delivered");
  const auto story = query.story(row.id).value().value();
  BOOST_TEST_REQUIRE(story.events.size() == 2U);
  BOOST_TEST(story.events[0].times == 2U);
}

BOOST_AUTO_TEST_CASE(a_refusal_after_acceptance_is_told_once_and_again_when_the_listener_failed) {
  auto joined = settings();
  joined.mail_log = directory.write("mail.log", "");
  std::vector<std::string> told;
  int failures = 1;
  joined.on_refused = [&](const Refusal& refusal) {
    const auto& [message, queue_id, record, temporary, reason] = refusal;
    if (failures-- > 0) throw std::runtime_error("no archive");
    told.push_back(record + (temporary ? " for now: " : ": ") + reason);
  };
  {
    TraceWriter writer(joined);
    BOOST_TEST(writer.wait_until_written(kTimeout));
    auto archived = message("8A3DAA7A068");
    archived.archive_record = "42";
    writer.record(archived);
    std::ofstream(joined.mail_log, std::ios::app)
        << "2026-11-23T12:00:00Z gateway postfix/cleanup[1]: 8A3DAA7A068: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 a virus; from=<a@b> to=<c@d> proto=ESMTP helo=<x>\n";
    BOOST_TEST(writer.wait_until_written(kTimeout));
    BOOST_TEST(writer.wait_until_written(kTimeout));
  }
  BOOST_TEST(told == std::vector<std::string>{"42: 5.7.1 a virus"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refusal_that_nobody_was_told_of_outlives_a_restart) {
  {
    auto store = TraceStore::open(path, now()).value();
    auto archived = message("8A3DAA7A068");
    archived.archive_record = "42";
    BOOST_TEST_REQUIRE(store.write({&archived, 1}, {}).has_value());
    LogBatch batch;
    batch.entries.push_back(
        {now(), "postfix/cleanup", "1", "warning: 8A3DAA7A068: queue file size limit exceeded"});
    BOOST_TEST_REQUIRE(store.join(batch, now()).has_value());
  }
  std::vector<std::string> told;
  auto listening = settings();
  listening.on_refused = [&](const Refusal& refusal) { told.push_back(refusal.archive_record); };
  for (int start = 0; start < 2; ++start) {
    TraceWriter writer(listening);
    BOOST_TEST(writer.wait_until_written(kTimeout));
  }
  BOOST_TEST(told == std::vector<std::string>{"42"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(old_messages_are_forgotten_with_all_that_belongs_to_them) {
  auto store = TraceStore::open(path, now()).value();
  auto old = message("8A3DAA7A068");
  old.received -= 91 * 24h;
  old.events.push_back({EventKind::Note, "x"});
  const std::vector<MessageTrace> both{old, old, message("8A3DAA7A069")};
  BOOST_TEST_REQUIRE(store.write(both, {}).has_value());
  BOOST_TEST(store.forget_before(now() - 90 * 24h, 1).value() == 1U);
  BOOST_TEST(store.forget_before(now() - 90 * 24h, 10).value() == 1U);
  BOOST_TEST(store.forget_before(now() - 90 * 24h, 10).value() == 0U);
  BOOST_TEST(rows() == 1U);
  auto database = pams::milter::sqlite::Database::open(path, pams::milter::sqlite::Access::ReadOnly,
                                                       pams::milter::sqlite::Durability::Normal)
                      .value();
  BOOST_TEST(database.number("SELECT count(*) FROM event").value().value() == 0);
  BOOST_TEST(database.number("SELECT count(*) FROM queue").value().value() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
