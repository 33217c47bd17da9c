#include "milter/metrics/looks.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace pams::milter::metrics;
using namespace std::chrono_literals;

namespace {

Findings value(double number) { return {{{&pams_leaks, {}, number}}, {}}; }

/// Until all looks have answered and `is_true` of what they found.
template <class Condition>
Findings wait_for(const Looks& looks, Condition is_true) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (true) {
    auto found = looks.findings();
    if (is_true(found) || std::chrono::steady_clock::now() > deadline) return found;
    std::this_thread::yield();
  }
}
bool has_value(const Findings& found) { return !found.samples.empty(); }
bool has_problem(const Findings& found) {
  return !found.problems.empty() && found.problems[0] != "x: no answer yet";
}
double number_in(const Findings& found) { return std::get<double>(found.samples.at(0).value); }

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_looks)

BOOST_AUTO_TEST_CASE(what_a_look_finds_is_there_for_who_asks) {
  Looks looks;
  looks.use({{.name = "x", .pause = 1h, .ask = [] { return value(4); }}});
  const auto found = wait_for(looks, has_value);
  BOOST_TEST(number_in(found) == 4);
  BOOST_TEST(found.problems.empty());
}

BOOST_AUTO_TEST_CASE(a_look_is_taken_again) {
  Looks looks;
  const auto count = std::make_shared<std::atomic<int>>(0);  // the thread may outlive this function
  looks.use({{.name = "x", .pause = 1ms, .ask = [count] { return value(++*count); }}});
  BOOST_TEST(number_in(wait_for(
                 looks, [](const auto& found) { return has_value(found) && number_in(found) > 2; })) > 2);
  looks.use({});
  BOOST_TEST(looks.findings().samples.empty());
}

BOOST_AUTO_TEST_CASE(before_the_first_answer_nothing_is_known_and_that_is_a_problem) {
  Looks looks;
  std::promise<void> goes_on;
  looks.use({{.name = "x", .pause = 1h, .ask = [waits = goes_on.get_future().share()] {
                waits.wait();
                return value(4);
              }}});
  auto found = looks.findings();
  BOOST_TEST(found.samples.empty());
  BOOST_TEST(found.problems == std::vector<std::string>{"x: no answer yet"},
             boost::test_tools::per_element());
  goes_on.set_value();
  BOOST_TEST(wait_for(looks, has_value).problems.empty());
}

BOOST_AUTO_TEST_CASE(a_look_that_hangs_leaves_no_old_value_and_holds_up_no_other) {
  const auto start = std::chrono::steady_clock::now();
  const auto later = std::make_shared<std::atomic<std::chrono::seconds>>(0s);
  const auto goes_on = std::make_shared<std::promise<void>>();
  Looks looks([start, later] { return start + later->load(); });
  const auto asked = std::make_shared<std::atomic<int>>(0);
  looks.use({{.name = "x",
              .pause = 0ms,
              .ask =
                  [asked, waits = goes_on->get_future().share()] {
                    if (++*asked > 1) waits.wait();
                    return value(4);
                  }},
             {.name = "y", .pause = 1h, .ask = [] {
                return Findings{{{&pams_leaks, {}, 5.0}}, {}};
              }}});
  wait_for(looks, [&](const auto& found) { return found.samples.size() == 2 && *asked > 1; });
  *later = 61s;
  const auto found = looks.findings();
  BOOST_TEST(found.samples.size() == 1U);
  BOOST_TEST(number_in(found) == 5);
  BOOST_TEST(found.problems == std::vector<std::string>{"x: no answer for 61 seconds"},
             boost::test_tools::per_element());
  looks.use({});  // does not wait either
  goes_on->set_value();
}

BOOST_AUTO_TEST_CASE(values_alone_are_no_matter_of_health) {
  Looks looks;
  const auto goes_on = std::make_shared<std::promise<void>>();
  looks.use({{.name = "x",
              .pause = 1h,
              .ask =
                  [waits = goes_on->get_future().share()] {
                    waits.wait();
                    return value(4);
                  },
              .is_for_health = false}});
  BOOST_TEST(looks.findings().problems.empty());
  goes_on->set_value();
}

BOOST_AUTO_TEST_CASE(what_a_look_throws_is_a_problem) {
  Looks looks;
  looks.use({{.name = "x", .pause = 1h, .ask = []() -> Findings { throw std::runtime_error("no disk"); }}});
  BOOST_TEST(wait_for(looks, has_problem).problems == std::vector<std::string>{"x: no disk"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_look_for_values_alone_throws_leaves_no_value_and_is_no_problem) {
  Looks looks;
  const auto asked = std::make_shared<std::atomic<int>>(0);
  looks.use({{.name = "x",
              .pause = 0ms,
              .ask = [asked]() -> Findings {
                if (++*asked == 1) return value(4);
                throw std::runtime_error("no table");
              },
              .is_for_health = false}});
  const auto found = wait_for(looks, [&](const auto& now) { return *asked > 1 && !has_value(now); });
  BOOST_TEST(found.samples.empty());
  BOOST_TEST(found.problems.empty());
}

BOOST_AUTO_TEST_CASE(a_new_look_of_the_same_name_takes_the_place_of_the_former_answer) {
  Looks looks;
  looks.use({{.name = "x", .pause = 1h, .ask = [] { return value(1); }}});
  wait_for(looks, has_value);
  const auto goes_on = std::make_shared<std::promise<void>>();
  looks.use({{.name = "x", .pause = 1h, .ask = [waits = goes_on->get_future().share()] {
                waits.wait();
                return value(2);
              }}});
  BOOST_TEST(number_in(looks.findings()) == 1);  // nobody hears that all is unknown at a reload
  goes_on->set_value();
  BOOST_TEST(number_in(wait_for(looks, [](const auto& found) { return number_in(found) == 2; })) == 2);
}

BOOST_AUTO_TEST_CASE(what_is_told_holds_until_something_else_is_told) {
  Looks looks;
  looks.tell("route", value(1));
  looks.use({});
  BOOST_TEST(number_in(looks.findings()) == 1);
  looks.tell("route", {{}, {"not verified"}});
  BOOST_TEST(looks.findings().samples.empty());
  BOOST_TEST(looks.findings().problems.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
