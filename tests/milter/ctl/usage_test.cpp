/// What every command of pamsctl promises: how it is asked, and what its exit code says.
#include <set>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;
using pams::test::Gateway;
namespace data = boost::unit_test::data;

namespace {

const std::vector<std::string> kCommands{
#define COMMAND(id) #id,
#include "milter/ctl/table.def"
#undef COMMAND
};

const std::set<std::string> kHidden{"completion", "describe"};

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

/// Exit code 2, and standard error says what was wrong; nothing on standard output, where a program reads.
void expect_usage_error(const std::vector<std::string>& arguments, std::string_view said) {
  const auto finished = pamsctl(arguments);
  BOOST_TEST_CONTEXT(shown(arguments, finished)) {
    BOOST_TEST(finished.exit_code == 2);
    BOOST_TEST(finished.output == "");
    BOOST_TEST(has(finished.errors, said));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_usage)

BOOST_AUTO_TEST_CASE(without_a_command_it_asks_for_one) { expect_usage_error({}, "subcommand is required"); }

BOOST_AUTO_TEST_CASE(an_unknown_word_is_named_with_what_is_near_it_at_every_level) {
  expect_usage_error({"chekc"}, "pamsctl: there is no subcommand 'chekc'; did you mean 'check'?");
  expect_usage_error({"--config", "x.toml", "statsu"}, "'statsu'");
  expect_usage_error({"archive", "exprot"},
                     "pamsctl archive: there is no subcommand 'exprot'; did you mean 'export'?");
  expect_usage_error({"archive", "hold", "ad", "x", "y"},
                     "pamsctl archive hold: there is no subcommand 'ad'");
  expect_usage_error({"help", "archive", "exprot"}, "did you mean 'export'?");
  expect_usage_error({"trace", "--statsu", "Failed"}, "did you mean '--status'?");
  // It would be left out of the answer, and --json be missing.
  expect_usage_error({"archive", "search", "x", "-json"},
                     "there is no option '-json'; did you mean '--json'?");
  expect_usage_error({"archive", "search", "x", "--jsno"}, "did you mean '--json'?");
  // It would be searched for as a text, and "none" would be taken for the answer to `leaks`.
  expect_usage_error({"trace", "leak"}, "did you mean 'leaks'?");
}

BOOST_AUTO_TEST_CASE(a_filter_that_a_subcommand_would_not_use_is_refused) {
  expect_usage_error({"trace", "leaks", "--to", "bob@example.net"}, "--to");
  expect_usage_error({"trace", "show", "5ab1c2", "more"}, "text");
}

BOOST_AUTO_TEST_CASE(help_lists_every_command_in_the_tables_order) {
  const auto help = pamsctl({"--help"});
  BOOST_TEST(help.exit_code == 0);
  std::size_t at = help.output.find("Subcommands:");
  for (const auto& command : kCommands) {
    if (kHidden.contains(command)) continue;
    at = help.output.find("\n  " + command + " ", at);
    BOOST_TEST_REQUIRE(at != std::string::npos, command);
  }
}

BOOST_AUTO_TEST_CASE(help_is_the_same_by_word_and_by_option_and_fits_80_columns) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"archive"}, {"archive", "export"}, {"trace"}, {"setup", "postfix"}}) {
    auto by_word = command;
    by_word.insert(by_word.begin(), "help");
    auto by_option = command;
    by_option.emplace_back("--help");
    const auto help = pamsctl(by_word);
    BOOST_TEST(help.exit_code == 0);
    BOOST_TEST(help.output == pamsctl(by_option).output);
    BOOST_TEST(has(help.output, "\nExamples:\n  # "));
    bool is_example = false;  // a line to paste stays one
    for (const auto line : pams::text::split(help.output, '\n')) {
      is_example = is_example || line == "Examples:";
      BOOST_TEST((line.size() <= 80 || is_example), line);
    }
  }
}

void expect_examples(const nlohmann::json& command) {
  const auto name = command.at("name").get<std::string>();
  BOOST_TEST(!command.at("examples").empty(), name);
  for (const auto& example : command.at("examples")) {
    const auto line = example.at("line").get<std::string>();
    const auto alone = line.substr(0, std::min({line.find(" | "), line.find(" > "), line.find(" && ")}));
    // No configuration, no milter: a line that is understood gets no further than that.
    const auto config = has(alone, "--config") ? "" : " --config /no/such/file.toml";
    const auto finished = in_shell(alone + config, {"RUNTIME_DIRECTORY=/no/such/directory"});
    BOOST_TEST(alone.starts_with("pamsctl"));
    BOOST_TEST(finished.exit_code != 2, alone << ": " << finished.errors);
  }
  for (const auto& below : command.at("subcommands")) expect_examples(below);
}

BOOST_AUTO_TEST_CASE(each_command_has_examples_and_each_example_is_understood) {
  const auto all = nlohmann::json::parse(pamsctl({"describe"}).output);
  BOOST_TEST(all.at("subcommands").size() == kCommands.size());
  for (const auto& command : all.at("subcommands")) expect_examples(command);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_something_wrong_for_every_command) {
  for (const auto& command :
       {"help", "explain", "describe", "completion bash", "rules doc", "--version", "--help"}) {
    const auto finished = in_shell("pamsctl " + std::string(command) + " > /dev/full");
    BOOST_TEST(finished.exit_code == 1, command);
    BOOST_TEST(has(finished.errors, "standard output: No space left on device"), command);
  }
  // The reader is gone for certain before the first byte comes.
  const auto closed = in_shell(
      "d=$(mktemp -d) && mkfifo $d/gone && { read -r go < $d/gone; pamsctl help; echo $? >&2; } | "
      "{ exec 0<&-; echo go > $d/gone; }; rm -r $d");
  BOOST_TEST(closed.errors == "1\n");
}

BOOST_AUTO_TEST_CASE(a_pager_and_colours_are_for_a_terminal_alone) {
  const std::vector<std::string> environment{"PAGER=sed s/^/paged:/", "TERM=xterm"};
  BOOST_TEST(has(on_terminal("pamsctl help", 80, environment).output, "paged:Usage: pamsctl"));
  BOOST_TEST(!has(in_shell("pamsctl help", environment).output, "paged:"));
  const auto left = on_terminal("pamsctl help", 80, {"PAGER=true", "TERM=xterm"});
  BOOST_TEST(left.exit_code == 0);
  const auto missing = on_terminal("pamsctl help", 80, {"PAGER=/no/such/pager", "TERM=xterm"});
  BOOST_TEST(missing.exit_code == 1);
  BOOST_TEST(has(missing.output, "$PAGER"));
}

BOOST_AUTO_TEST_CASE(version_names_the_program) {
  const auto version = pamsctl({"--version"});
  BOOST_TEST(version.exit_code == 0);
  BOOST_TEST(version.output.starts_with("pamsctl "));
}

BOOST_DATA_TEST_CASE(every_command_explains_itself, data::make(kCommands), command) {
  const auto help = pamsctl({command, "--help"});
  BOOST_TEST(help.exit_code == 0);
  BOOST_TEST(has(help.output, "Usage: pamsctl " + command));
}

BOOST_DATA_TEST_CASE(every_command_refuses_an_option_that_it_does_not_have, data::make(kCommands), command) {
  const auto finished = pamsctl({command, "--surprise"});
  BOOST_TEST(finished.exit_code == 2);
  BOOST_TEST(finished.output == "");
  BOOST_TEST(finished.errors != "");
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_wrong_in_the_arguments_is_named) {
  expect_usage_error({"archive"}, "subcommand is required");
  expect_usage_error({"archive", "search"}, "query");
  expect_usage_error({"archive", "show"}, "id");
  expect_usage_error({"archive", "export", "--output", "x", "all"}, "--format");
  expect_usage_error({"archive", "export", "--format", "tar", "--output", "x", "all"}, "--format");
  expect_usage_error({"archive", "export", "--format", "zip", "all"}, "--output");
  expect_usage_error({"archive", "hold"}, "subcommand is required");
  expect_usage_error({"archive", "purge"}, "--older-than");
  expect_usage_error({"connector"}, "subcommand is required");
  expect_usage_error({"connector", "validate"}, "NAME");
  expect_usage_error({"explain", "started", "stopped"}, "stopped");
  expect_usage_error({"queue"}, "subcommand is required");
  expect_usage_error({"queue", "release"}, "queue ids, or --all");
  expect_usage_error({"queue", "release", "--all", "4Zq1"}, "--all");
  expect_usage_error({"rules"}, "subcommand is required");
  expect_usage_error({"seal"}, "subcommand is required");
  expect_usage_error({"setup"}, "subcommand is required");
  expect_usage_error({"setup", "exim"}, "there is no subcommand 'exim'");
  expect_usage_error({"setup", "postfix", "--with-guard-rules"}, "--remove");
  expect_usage_error({"test"}, "--eml");
  expect_usage_error({"test", "--eml", "x", "--sender", "a@example.org"}, "--recipient");
  expect_usage_error({"test", "--eml", "x", "--sender", "a@example.org", "--recipient", "b@example.net",
                      "--client-address", "nobody"},
                     "'nobody' is no IP address");
  expect_usage_error({"trace", "show"}, "id");
  expect_usage_error({"trace", "--status", "Sent"}, "--status is one of Delivered, Failed");
  expect_usage_error({"trace", "--since", "noon"},
                     "--since is a time in UTC (2026-11-23T12:00:00Z, 2026-11-23) or how long ago");
  expect_usage_error({"trace", "--until", "noon"}, "--until is a time in UTC");
  expect_usage_error({"trace", "--csv", "--json"}, "--json");
  expect_usage_error({"trace", "--limit", "many"}, "--limit");
}

BOOST_AUTO_TEST_CASE(a_configuration_that_cannot_be_read_is_something_wrong_and_named) {
  const std::vector<std::vector<std::string>> all{
      {"archive", "list"},
      {"archive", "verify"},
      {"check"},
      {"connector", "list"},
      {"connector", "validate", "Zivver"},
      {"queue", "list"},
      {"seal", "list"},
      {"setup", "postfix"},
      {"setup", "sendmail"},
      {"test", "--eml", "/dev/null", "--sender", "<>", "--recipient", "a@example.org"},
      {"trace"},
      {"trace", "leaks"},
  };
  for (auto arguments : all) {
    arguments.insert(arguments.end(), {"--config", "/no/such/file.toml"});
    const auto finished = pamsctl(arguments);
    BOOST_TEST_CONTEXT(shown(arguments, finished)) {
      BOOST_TEST(finished.exit_code == 1);
      BOOST_TEST(finished.output == "");
      BOOST_TEST(has(finished.errors, "/no/such/file.toml"));
    }
  }
}

BOOST_AUTO_TEST_CASE(config_may_stand_in_front_of_the_command_or_behind_it) {
  const Gateway gateway;
  BOOST_TEST(pamsctl({"--config", gateway.settings_file(), "check"}).exit_code == 0);
  BOOST_TEST(pamsctl({"check", "--config", gateway.settings_file()}).exit_code == 0);
  BOOST_TEST(pamsctl({"seal", "list", "--config", gateway.settings_file()}).exit_code == 0);
  BOOST_TEST(pamsctl({"setup", "postfix", "--config", gateway.settings_file()}).exit_code != 2);
}

BOOST_AUTO_TEST_CASE(a_reload_without_a_milter_is_something_wrong) {
  const Gateway gateway;
  const TemporaryDirectory empty;
  const auto finished =
      pamsctl({"reload", "--config", gateway.settings_file()}, {"RUNTIME_DIRECTORY=" + empty.path()});
  BOOST_TEST(finished.exit_code == 1);
  BOOST_TEST(finished.output == "");
  BOOST_TEST(has(finished.errors, "milter"));
}

BOOST_AUTO_TEST_SUITE_END()
