#include "milter/mta/process.hpp"

#include <csignal>

#include <boost/test/unit_test.hpp>

using namespace pams::milter;
using namespace std::chrono_literals;

namespace {
pams::Result<mta::Finished> shell(const std::string& script, std::chrono::milliseconds timeout = 20s) {
  return mta::run_process({"/bin/sh", "-c", script}, {"ONLY=this"}, timeout);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(output_errors_and_exit_code_come_back_apart) {
  const auto finished = shell("echo out; echo err >&2; exit 3").value();
  BOOST_TEST(finished.output == "out\n");
  BOOST_TEST(finished.errors == "err\n");
  BOOST_TEST(finished.exit_code == 3);
}

BOOST_AUTO_TEST_CASE(the_child_sees_only_the_environment_that_it_is_given) {
  BOOST_TEST(shell("echo $ONLY $HOME").value().output == "this\n");
}

BOOST_AUTO_TEST_CASE(the_child_reads_what_it_is_given_to_its_end) {
  BOOST_TEST(mta::run_process({"/bin/cat"}, {}, 20s, "one\ntwo").value().output == "one\ntwo");
  BOOST_TEST(mta::run_process({"/bin/cat"}, {}, 20s).value().output == "");
}

BOOST_AUTO_TEST_CASE(arguments_are_not_read_by_a_shell) {
  const auto finished = mta::run_process({"/bin/echo", "$(id); `id` > x"}, {}, 20s).value();
  BOOST_TEST(finished.output == "$(id); `id` > x\n");
}

BOOST_AUTO_TEST_CASE(a_child_that_hangs_is_killed) {
  const auto finished = shell("exec sleep 1000", 50ms);
  BOOST_TEST_REQUIRE(!finished.has_value());
  BOOST_TEST(finished.error().what.find("took too long") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_child_that_never_stops_writing_is_killed) {
  const auto finished = shell("exec cat /dev/zero");
  BOOST_TEST_REQUIRE(!finished.has_value());
  BOOST_TEST(finished.error().what.find("wrote too much") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_child_starts_with_default_signals_whatever_the_daemon_blocks) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto finished = shell("kill -TERM $$; echo survived");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  BOOST_TEST(finished.value().exit_code == 128 + SIGTERM);
  BOOST_TEST(finished.value().output == "");
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_is_an_error) {
  BOOST_TEST(!mta::run_process({"/no/such/program"}, {}, 20s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
