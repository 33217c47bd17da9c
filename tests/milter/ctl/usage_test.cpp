/// What every command of pamsctl promises: how it is asked, and what its exit code says.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_CASE(an_unknown_command_is_a_usage_error) {
  expect_usage_error({"chekc"}, "subcommand is required");
}

BOOST_AUTO_TEST_CASE(help_lists_every_command_in_the_tables_order) {
  const auto help = pamsctl({"--help"});
  BOOST_TEST(help.exit_code == 0);
  std::size_t at = help.output.find("Subcommands:");
  for (const auto& command : kCommands) {
    at = help.output.find("\n  " + command + " ", at);
    BOOST_TEST_REQUIRE(at != std::string::npos, command);
  }
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
  expect_usage_error({"setup", "exim"}, "subcommand is required");
  expect_usage_error({"setup", "postfix", "--with-guard-rules"}, "--remove");
  expect_usage_error({"test"}, "--eml");
  expect_usage_error({"test", "--eml", "x", "--sender", "a@example.org"}, "--recipient");
  expect_usage_error({"test", "--eml", "x", "--sender", "a@example.org", "--recipient", "b@example.net",
                      "--client-address", "nobody"},
                     "'nobody' is no IP address");
  expect_usage_error({"trace", "show"}, "id");
  expect_usage_error({"trace", "--status", "Sent"}, "--status is one of Delivered, Failed");
  expect_usage_error({"trace", "--since", "noon"}, "--since is a time in UTC");
  expect_usage_error({"trace", "--until", "noon"}, "--until is a time in UTC");
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
