#include "milter/trace/log_file.hpp"

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/support/temporary_directory.hpp"

using namespace pams::milter::trace;

namespace {

const Instant kNow = Instant(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));

struct LogFileFixture {
  const pams::test::TemporaryDirectory directory;
  const std::string path = directory / "mail.log";

  static std::string line(const std::string& text) {
    return "Nov 23 18:00:00 gateway postfix/qmgr[1]: " + text + "\n";
  }
  void append(const std::string& bytes, const std::string& name = "mail.log") const {
    std::ofstream(directory / name, std::ios::app | std::ios::binary) << bytes;
  }
  void add(const std::string& text, const std::string& name = "mail.log") const { append(line(text), name); }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(directory / from, directory / to);
  }
  void set_age(const std::string& name, int hours) const {
    std::filesystem::last_write_time(
        directory / name, std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  /// What the lines say that have come, until nothing comes; "a b c". Stores the place.
  std::string read(LogFile& log) {
    std::string texts;
    for (std::size_t got = 1, quiet = 0; quiet<3; quiet = got> 0 ? 0 : quiet + 1) {
      const auto batch = log.read(kNow);
      BOOST_TEST_REQUIRE(batch.has_value());
      got = batch->entries.size();
      for (const auto& entry : batch->entries) texts += (texts.empty() ? "" : " ") + entry.message;
      place = batch->place;
      if (!batch->missed.empty()) missed = batch->missed;
    }
    return texts;
  }
  std::optional<LogPlace> place;
  std::string missed;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(log_file, LogFileFixture)

BOOST_AUTO_TEST_CASE(the_first_start_begins_with_what_is_logged_from_now_on) {
  add("old");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  add("a");
  add("b");
  BOOST_TEST(read(log) == "a b");
  BOOST_TEST(read(log) == "");
}

BOOST_AUTO_TEST_CASE(a_line_is_read_when_it_is_whole) {
  add("x");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  const auto whole = line("abc");
  append(whole.substr(0, 20));
  BOOST_TEST(read(log) == "");
  append(whole.substr(20, 22));
  BOOST_TEST(read(log) == "");
  append(whole.substr(42));
  BOOST_TEST(read(log) == "abc");
}

BOOST_AUTO_TEST_CASE(a_log_that_does_not_exist_yet_is_read_from_its_beginning) {
  LogFile log(path, {});
  BOOST_TEST(!log.read(kNow).has_value());
  add("a");
  BOOST_TEST(read(log) == "a");
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_renamed_log_comes_before_the_new_one) {
  add("x");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  add("a");
  rename("mail.log", "mail.log.1");
  add("b", "mail.log.1");  // the syslog daemon still has the old one open
  append("");              // logrotate's "create"
  BOOST_TEST(read(log) == "a b");
  add("c", "mail.log.1");
  add("d");
  add("e", "mail.log.1");
  BOOST_TEST(read(log) == "c e d");
  add("f");
  BOOST_TEST(read(log) == "f");
}

BOOST_AUTO_TEST_CASE(a_last_line_without_its_end_is_not_lost_with_the_old_file) {
  add("x");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  append("Nov 23 18:00:00 gateway postfix/qmgr[1]: cut");
  BOOST_TEST(read(log) == "");
  rename("mail.log", "mail.log.1");
  add("a");
  BOOST_TEST(read(log) == "cut a");
}

BOOST_AUTO_TEST_CASE(a_truncated_log_is_read_from_its_beginning) {
  add("x");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  add("a");
  add("b");
  BOOST_TEST(read(log) == "a b");
  std::filesystem::resize_file(path, 0);
  add("c");
  BOOST_TEST(read(log) == "c");
}

BOOST_AUTO_TEST_CASE(a_log_that_was_truncated_and_has_grown_beyond_the_old_place_is_noticed) {
  add("x");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  add("a");
  BOOST_TEST(read(log) == "a");
  std::filesystem::resize_file(path, 0);
  for (int i = 0; i < 5; ++i) add("b" + std::to_string(i));
  BOOST_TEST(read(log) == "b0 b1 b2 b3 b4");
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_behind_the_last_line) {
  add("x");
  {
    LogFile log(path, {});
    BOOST_TEST(read(log) == "");
    add("a");
    BOOST_TEST(read(log) == "a");
  }
  add("b");
  LogFile again(path, place);
  BOOST_TEST(read(again) == "b");
  BOOST_TEST(missed == "");
}

BOOST_AUTO_TEST_CASE(a_restart_reads_every_file_that_was_rotated_meanwhile) {
  add("x");
  {
    LogFile log(path, {});
    BOOST_TEST(read(log) == "");
    add("a");
    BOOST_TEST(read(log) == "a");
  }
  add("b");
  rename("mail.log", "mail.log.2");
  add("c", "mail.log.1");
  add("other", "mail.logger");
  set_age("mail.log.2", 2);
  set_age("mail.log.1", 1);
  add("d");
  LogFile again(path, place);
  BOOST_TEST(read(again) == "b c d");
  BOOST_TEST(missed == "");
}

BOOST_AUTO_TEST_CASE(a_restart_finds_the_copy_of_a_truncated_log) {
  add("x");
  {
    LogFile log(path, {});
    BOOST_TEST(read(log) == "");
    add("a");
    BOOST_TEST(read(log) == "a");
  }
  add("b");
  std::filesystem::copy_file(path, directory / "mail.log.1");  // logrotate's "copytruncate"
  set_age("mail.log.1", 1);
  std::filesystem::resize_file(path, 0);
  add("c");
  LogFile again(path, place);
  BOOST_TEST(read(again) == "b c");
}

BOOST_AUTO_TEST_CASE(lines_that_were_rotated_away_are_reported) {
  add("x");
  {
    LogFile log(path, {});
    BOOST_TEST(read(log) == "");
    add("a");
    BOOST_TEST(read(log) == "a");
  }
  rename("mail.log", "mail.log.1.gz");
  add("d");
  LogFile again(path, place);
  BOOST_TEST(read(again) == "d");
  BOOST_TEST(missed != "");
}

BOOST_AUTO_TEST_CASE(a_line_without_end_costs_no_memory_and_not_the_next_line) {
  add("x");
  LogFile log(path, {});
  BOOST_TEST(read(log) == "");
  append(std::string(5U << 20U, 'z'));
  BOOST_TEST(read(log) == "");
  append("\n" + line("a"));
  BOOST_TEST(read(log) == "a");
}

BOOST_AUTO_TEST_SUITE_END()
