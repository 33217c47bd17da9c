#include "milter/routing/route_watch.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace pams;
using namespace pams::milter;

namespace {

/// Answers as it is told to, and counts the questions.
class Routing final : public routing::RouteGuard {
 public:
  void is(const std::string& fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
  }
  void wait_for_questions(int more) {
    std::unique_lock lock(mutex_);
    const int until = asked_ + more;
    changed_.wait(lock, [&] { return asked_ >= until; });
  }
  Status verified(const rules::OutboundConnector&) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    changed_.notify_all();
    if (fault_.empty()) return {};
    return fail(Failure::Misconfigured, fault_);
  }
  Status flag_survives(const rules::OutboundConnector&) override { return {}; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string fault_;
  int asked_ = 0;
};

/// What the watch has said.
class Log {
 public:
  routing::RouteWatch::Tell tell() {
    return [this](const auto& connector, const Status& status) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(connector.name + ": " + (status ? "verified" : status.error().what));
      changed_.notify_all();
    };
  }
  std::vector<std::string> wait_for_lines(std::size_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return lines_.size() >= number; });
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

rules::OutboundConnector named(const std::string& name) {
  rules::OutboundConnector connector;
  connector.name = name;
  return connector;
}

constexpr std::chrono::milliseconds kSoon(1);

using Lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(route_watch)

BOOST_AUTO_TEST_CASE(it_says_at_once_how_the_routing_is_and_then_only_what_changed) {
  Log log;
  const auto routing = std::make_shared<Routing>();
  routing::RouteWatch watch(log.tell(), kSoon);
  watch.watch(routing, named("Zivver"));
  BOOST_TEST(log.wait_for_lines(1) == Lines{"Zivver: verified"}, boost::test_tools::per_element());
  routing->wait_for_questions(5);
  routing->is("the guard rules are gone");
  BOOST_TEST((log.wait_for_lines(2) == Lines{"Zivver: verified", "Zivver: the guard rules are gone"}));
  routing->wait_for_questions(5);
  routing->is("");
  BOOST_TEST((log.wait_for_lines(3) ==
              Lines{"Zivver: verified", "Zivver: the guard rules are gone", "Zivver: verified"}));
}

BOOST_AUTO_TEST_CASE(a_new_configuration_is_looked_at_without_waiting_for_the_pause) {
  Log log;
  const auto first = std::make_shared<Routing>(), second = std::make_shared<Routing>();
  routing::RouteWatch watch(log.tell(), std::chrono::hours(1));
  watch.watch(first, named("one"));
  log.wait_for_lines(1);
  second->is("no milter");
  watch.watch(second, named("two"));
  BOOST_TEST((log.wait_for_lines(2) == Lines{"one: verified", "two: no milter"}));
}

BOOST_AUTO_TEST_CASE(an_answer_that_hangs_keeps_no_reload_and_no_stop_waiting) {
  struct Hanging final : routing::RouteGuard {
    std::mutex mutex;
    std::condition_variable changed;
    bool asked = false, may_end = false, ended = false;
    Status verified(const rules::OutboundConnector&) override {
      std::unique_lock lock(mutex);
      asked = true;
      changed.notify_all();
      changed.wait(lock, [&] { return may_end; });
      ended = true;
      changed.notify_all();
      return {};
    }
    Status flag_survives(const rules::OutboundConnector&) override { return {}; }
  };
  const auto hanging = std::make_shared<Hanging>();
  Log log;
  {
    routing::RouteWatch watch(log.tell(), kSoon);
    watch.watch(hanging, named("one"));
    std::unique_lock lock(hanging->mutex);
    hanging->changed.wait(lock, [&] { return hanging->asked; });
    lock.unlock();
    watch.watch(std::make_shared<Routing>(), named("two"));
  }
  std::unique_lock lock(hanging->mutex);
  BOOST_TEST(!hanging->ended);
  hanging->may_end = true;
  hanging->changed.notify_all();
  hanging->changed.wait(lock, [&] { return hanging->ended; });
}

BOOST_AUTO_TEST_SUITE_END()
