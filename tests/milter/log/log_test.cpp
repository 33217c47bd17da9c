#include "milter/log/log.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/log/diagnostics.hpp"
#include "rules/base/text.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;

namespace {

/// Standard error goes to a file while it lives; the log is then as the program has it at its start.
class StandardError {
 public:
  StandardError() : former_(::dup(STDERR_FILENO)) {
    const Fd file(::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    BOOST_REQUIRE(::dup2(file.get(), STDERR_FILENO) == STDERR_FILENO);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;
  ~StandardError() {
    ::dup2(former_.get(), STDERR_FILENO);
    log::configure("info", false);
  }
  std::string text() const { return test::read_file(name_); }

 private:
  test::TemporaryDirectory directory_;
  std::string name_ = directory_ / "stderr";
  Fd former_;
};

/// The one line that `write` makes, without its end.
template <class Write>
std::string line_of(Write write) {
  const StandardError captured;
  write();
  auto text = captured.text();
  BOOST_TEST_REQUIRE(text.ends_with('\n'));
  text.pop_back();
  BOOST_TEST(text.find('\n') == std::string::npos, text);
  return text;
}

std::string text_line(const log::Event& event, const std::vector<log::Field>& fields) {
  return line_of([&] { log::write(event, fields); });
}

nlohmann::json json_line(const log::Event& event, const std::vector<log::Field>& fields) {
  return nlohmann::json::parse(line_of([&] {
    log::configure("info", true);
    log::write(event, fields);
  }));
}

/// Which of all levels' events come through.
std::string heard_at(std::string_view level) {
  const StandardError captured;
  log::configure(level, false);
  for (const auto* event : {&log::message, &log::hook_failed, &log::deferred, &log::start_failed})
    log::write(*event, {});
  return text::replace_all(captured.text(), "\n", ";");
}

const std::string kHostile = "a\r\nlevel=info event=message\t\x1b[2J\x7f\xe2\x80\xae\xff\xc2\x85";

}  // namespace

BOOST_AUTO_TEST_SUITE(log_line)

BOOST_AUTO_TEST_CASE(an_event_is_one_line_of_key_and_value) {
  BOOST_TEST(text_line(log::deferred, {{"qid", "4Zq1"}, {"reason", "disk"}}) ==
             "level=error event=deferred qid=4Zq1 reason=disk");
}

BOOST_AUTO_TEST_CASE(a_value_is_quoted_where_it_would_be_taken_for_several) {
  BOOST_TEST(text_line(log::message, {{"a", "two words"}, {"b", ""}, {"c", "x=y"}, {"d", R"(say "\")"}}) ==
             R"(level=info event=message a="two words" b="" c="x=y" d="say \"\\\"")");
}

BOOST_AUTO_TEST_CASE(what_a_stranger_wrote_makes_no_line_of_its_own_and_does_nothing_to_a_terminal) {
  const auto line = text_line(log::message, {{"sender", kHostile}});
  BOOST_TEST(line.starts_with("level=info event=message sender=\"a"));
  BOOST_TEST(line.find_first_of("\r\n\t\x1b\x7f\xff") == std::string::npos, line);
  BOOST_TEST(line.find("\xe2\x80\xae") == std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(json_holds_the_same_whatever_the_value) {
  const auto line =
      json_line(log::deferred, {{"qid", "4Zq1"}, {"reason", R"(say "\")"}, {"sender", kHostile}});
  BOOST_TEST(line.size() == 5U);
  BOOST_TEST(line.at("level") == "error");
  BOOST_TEST(line.at("event") == "deferred");
  BOOST_TEST(line.at("qid") == "4Zq1");
  BOOST_TEST(line.at("reason") == R"(say "\")");
  BOOST_TEST(line.at("sender") == text::printable(kHostile));
}

BOOST_AUTO_TEST_CASE(a_long_value_is_cut) {
  BOOST_TEST(text_line(log::message, {{"sender", std::string(100'000, 'x')}}).size() < 1000U);
}

BOOST_AUTO_TEST_CASE(a_level_lets_through_what_is_at_least_as_grave) {
  const std::string critical = "level=critical event=start_failed;";
  const auto error = "level=error event=deferred;" + critical;
  const auto warning = "level=warning event=hook_failed;" + error;
  BOOST_TEST(heard_at("critical") == critical);
  BOOST_TEST(heard_at("error") == error);
  BOOST_TEST(heard_at("warning") == warning);
  BOOST_TEST(heard_at("info") == "level=info event=message;" + warning);
  BOOST_TEST(heard_at("debug") == heard_at("info"));
}

BOOST_AUTO_TEST_CASE(a_mistake_in_the_configuration_is_logged_with_its_place) {
  Diagnostics diagnostics;
  const auto source = std::make_shared<const Source>(Source{"rules.toml", "x = 1\n"});
  diagnostics.error({source, 1, 5}, "no such key");
  BOOST_TEST(line_of([&] { log::write_diagnostics(diagnostics); }) ==
             R"(level=error event=configuration_error at=rules.toml:1:5 text="no such key")");
  Diagnostics placeless;
  placeless.warning({}, "odd");
  BOOST_TEST(line_of([&] { log::write_diagnostics(placeless); }) ==
             R"(level=warning event=configuration_warning at="" text=odd)");
}

BOOST_AUTO_TEST_SUITE_END()
