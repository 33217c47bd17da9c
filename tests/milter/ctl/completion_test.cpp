/// What bash completes, asked of bash itself.
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/pamsctl.hpp"

using namespace pams::test;

namespace {

/// The words that bash offers for the last of `words`, each with a blank after it.
std::string completed(const std::vector<std::string>& words) {
  std::string quoted;
  for (const auto& word : words) quoted += " '" + word + "'";
  const auto script = "eval \"$(pamsctl completion bash)\"; COMP_WORDS=(pamsctl" + quoted +
                      "); COMP_CWORD=" + std::to_string(words.size()) +
                      "; _pamsctl; printf '%s ' \"${COMPREPLY[@]}\"";
  const auto finished = in_shell("exec bash -c \"$SCRIPT\"", {"SCRIPT=" + script});
  BOOST_TEST(finished.exit_code == 0, finished.errors);
  BOOST_TEST(finished.errors == "");
  return finished.output;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ctl_completion)

BOOST_AUTO_TEST_CASE(commands_subcommands_options_and_values_are_completed) {
  BOOST_TEST(completed({"che"}) == "check ");
  BOOST_TEST(completed({"archive", "ho"}) == "hold ");
  BOOST_TEST(completed({"archive", "hold", ""}) == "add list release ");
  BOOST_TEST(completed({"archive", "export", "--form"}) == "--format ");
  BOOST_TEST(completed({"archive", "export", "--format", ""}) == "eml mboxrd zip ");
  BOOST_TEST(completed({"archive", "export", "--format", "z"}) == "zip ");
  BOOST_TEST(completed({"archive", "export", "--format", "zip", "--version", ""}) == "sent received ");
  BOOST_TEST(completed({"--config", "archive", "tra"}) == "trace ");
  BOOST_TEST(completed({"trace", "--jso"}) == "--json ");
  BOOST_TEST(completed({"check", "--config", "/etc/passw"}).find("/etc/passwd ") != std::string::npos);
  BOOST_TEST(completed({"descr"}) == " ");
}

BOOST_AUTO_TEST_CASE(bash_takes_the_script_and_registers_it) {
  const auto finished = in_shell(
      "pamsctl completion bash | bash -n && exec bash -c 'eval \"$(pamsctl completion bash)\"; complete -p pamsctl'");
  BOOST_TEST(finished.exit_code == 0, finished.errors);
  BOOST_TEST(finished.output == "complete -F _pamsctl pamsctl\n");
}

BOOST_AUTO_TEST_CASE(zsh_takes_the_script) {
  if (in_shell("command -v zsh").exit_code != 0) {
    BOOST_TEST_MESSAGE("skipped: no zsh");
    return;
  }
  const auto finished = in_shell("pamsctl completion zsh | zsh -n /dev/stdin");
  BOOST_TEST(finished.exit_code == 0, finished.errors);
}

BOOST_AUTO_TEST_SUITE_END()
