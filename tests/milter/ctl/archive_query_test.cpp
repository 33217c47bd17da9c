/// Queries as an operator gives them to pamsctl, and what is said beside the rows.
#include <boost/test/unit_test.hpp>

#include "milter/archive/directory_archive.hpp"
#include "rules/base/text.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;
using namespace pams::milter;

namespace {

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

struct Investigation {
  Gateway gateway;

  Investigation() {
    archive::DirectoryArchive archive({"compliance", gateway.archive()});
    for (const std::string subject : {"phoenix report", "phoenix merger"})
      BOOST_TEST_REQUIRE(
          archive
              .commit({pams::parse_message(
                           "From: ann@example.org\nDate: Thu, 5 Mar 2026 12:00:00 +0000\nSubject: " +
                           subject + "\n\nhello\n"),
                       {"ann@example.org", {"bob@example.net"}},
                       "1",
                       "",
                       {},
                       std::chrono::sys_days{std::chrono::year{2026} / 3 / 6}})
              .has_value());
  }
  mta::Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--config", gateway.settings_file(), "archive"});
    return pamsctl(arguments);
  }
  /// The subjects of the rows, one after the other.
  std::string found(std::vector<std::string> query) const {
    query.insert(query.begin(), "search");
    query.insert(query.begin() + 1, "--json");
    const auto finished = run(query);
    BOOST_TEST(finished.exit_code == 0, finished.errors);
    std::string out;
    for (const auto& row : nlohmann::json::parse(finished.output))
      out += row.at("subject").get<std::string>() + ";";
    return out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_archive_query, Investigation)

BOOST_AUTO_TEST_CASE(several_words_are_one_query_whatever_they_begin_with) {
  BOOST_TEST(found({"phoenix", "-merger"}) == "phoenix report;");
  BOOST_TEST(found({"phoenix -merger"}) == "phoenix report;");
  BOOST_TEST(found({"-merger", "from:ann", "subject:phoenix"}) == "phoenix report;");
  BOOST_TEST(found({"--", "phoenix", "-merger"}) == "phoenix report;");
  BOOST_TEST(found({"-report"}) == "phoenix merger;");
  BOOST_TEST(found({"(report", "OR", "merger)", "AND", "subject:\"phoenix merger\""}) == "phoenix merger;");
  const auto options_behind = run({"search", "phoenix", "-merger", "--csv"});
  BOOST_TEST(options_behind.output.starts_with("id,time,"));
  BOOST_TEST(std::ranges::count(options_behind.output, '\n') == 2);
  const auto as_word = run({"search", "--csv", "--", "--json"});
  BOOST_TEST(as_word.exit_code == 2);  // a query like any other, and this one makes no sense
  BOOST_TEST(has(as_word.errors, "query: "));
}

BOOST_AUTO_TEST_CASE(a_hold_and_an_export_take_the_same_queries) {
  BOOST_TEST(run({"hold", "add", "case 7", "phoenix", "-merger"}).exit_code == 0);
  BOOST_TEST(has(run({"hold", "list"}).output, "phoenix -merger"));
  const auto output = gateway.archive() + "/../export";
  const auto exported =
      run({"export", "--format", "eml", "--output", output, "phoenix", "-merger", "--json"});
  BOOST_TEST(nlohmann::json::parse(exported.output).at("records") == 1);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_shown_with_a_caret_and_is_misuse) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"search"},
                                                  {"hold", "add", "case 7"},
                                                  {"export", "--format", "eml", "--output", "/nowhere/x"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"phoenix", "and", "merger"});
    const auto finished = run(arguments);
    BOOST_TEST(finished.exit_code == 2);
    BOOST_TEST(finished.output == "");
    BOOST_TEST(has(finished.errors, "query: an operator is written in capitals: AND"));
    BOOST_TEST(has(finished.errors, "\n  phoenix and merger\n          ^\n"));
  }
}

BOOST_AUTO_TEST_CASE(quotes_that_the_shell_took_away_are_missed) {
  const auto refused = run({"search", "from:ann", "subject:annual report"});
  BOOST_TEST(refused.exit_code == 2);
  BOOST_TEST(has(refused.errors, "the shell has taken quotes away from subject:annual report"));
  const auto told = run({"search", "subject:phoenix report"});
  BOOST_TEST(told.exit_code == 0);
  BOOST_TEST(has(told.errors, "read as subject:\"phoenix\" AND \"report\""));
  BOOST_TEST(run({"search", "subject:\"phoenix report\""}).errors == "");
}

BOOST_AUTO_TEST_CASE(a_date_that_cannot_be_read_is_told_where_it_matters) {
  archive::DirectoryArchive archive({"compliance", gateway.archive()});
  BOOST_TEST_REQUIRE(archive
                         .commit({pams::parse_message("Date: soon\nSubject: undated\n\nhello\n"),
                                  {"ann@example.org", {"bob@example.net"}},
                                  "1",
                                  "",
                                  {},
                                  std::chrono::sys_days{std::chrono::year{2026} / 3 / 7}})
                         .has_value());
  const auto sent = run({"search", "sent>=2026-03-06"});
  BOOST_TEST(has(sent.output, "undated"));
  BOOST_TEST(!has(sent.output, "phoenix"));
  BOOST_TEST(has(sent.errors, "1 without a Date that can be read"));
  BOOST_TEST(run({"search", "received>=2026-03-07"}).errors == "");
}

BOOST_AUTO_TEST_SUITE_END()
