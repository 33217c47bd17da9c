#include "milter/trace/trace_state.hpp"

#include "tests/milter/trace/trace_fixture.hpp"
#include "tests/support/files.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

BOOST_AUTO_TEST_SUITE(trace_state)

BOOST_AUTO_TEST_CASE(a_reader_sees_each_problem_until_it_is_over) {
  const TemporaryDirectory directory;
  const std::string path = directory / "trace.db";
  BOOST_TEST((read_state(path).value() == TraceState{}));
  StateFile file(path);
  const TraceState both{TraceProblem{kNoon, "database or disk is full"},
                        TraceProblem{kNoon, "/var/log/mail.log: Permission denied\nstore 1 forged"}};
  file.tell(both);
  const auto read = read_state(path).value();
  BOOST_TEST((read.store == both.store));
  BOOST_TEST((read.log.value().since == kNoon));
  const auto told = shown_state(read);
  BOOST_TEST(told.find("since 2026-11-23T12:00:00.000Z the trace cannot be written") != std::string::npos,
             told);
  BOOST_TEST(told.find("make room on that disk") != std::string::npos, told);
  BOOST_TEST(told.find("/var/log/mail.log: Permission denied") != std::string::npos, told);
  file.tell({});
  BOOST_TEST((read_state(path).value() == TraceState{}));
  BOOST_TEST(shown_state({}) == "");
}

/// The room is taken when the disk still has some: what is written later needs none.
BOOST_AUTO_TEST_CASE(telling_a_problem_makes_the_file_no_longer) {
  const TemporaryDirectory directory;
  StateFile file(directory / "trace.db");
  file.tell({});
  const auto before = read_file(directory / "trace.db-state").size();
  file.tell({TraceProblem{kNoon, std::string(100'000, 'x')}, TraceProblem{kNoon, std::string(100'000, 'y')}});
  BOOST_TEST(read_file(directory / "trace.db-state").size() == before);
  BOOST_TEST(before > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
