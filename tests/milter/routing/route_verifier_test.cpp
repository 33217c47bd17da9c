#include "milter/routing/route_verifier.hpp"

#include <atomic>
#include <barrier>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "milter/base/file_stamp.hpp"

using namespace pams;
using namespace pams::milter;
using namespace std::chrono_literals;

namespace {

rules::OutboundConnector connector_named(const std::string& name) {
  rules::OutboundConnector connector;
  connector.name = name;
  return connector;
}
const auto kConnector = connector_named("Zivver");

/// A clock that stands still until it is moved.
struct FrozenClock {
  std::chrono::steady_clock::time_point now{};
  routing::RouteVerifier::Clock reader() {
    return [this] { return now; };
  }
};

/// A file that an answer came from.
class WatchedFile {
 public:
  WatchedFile() : path_("/tmp/pams-watched-" + std::to_string(getpid())) { write("one"); }
  WatchedFile(const WatchedFile&) = delete;
  WatchedFile& operator=(const WatchedFile&) = delete;
  ~WatchedFile() { unlink(path_.c_str()); }
  void write(const std::string& content) {
    FILE* file = std::fopen(path_.c_str(), "w");
    std::fputs(content.c_str(), file);
    std::fclose(file);
  }
  FileStamp stamp() const { return stamp_of(path_); }

 private:
  std::string path_;
};

routing::RouteEvaluation bad() {
  return {fail(Failure::Misconfigured, "route check milter fails"), {}, false, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(route_verifier)

BOOST_AUTO_TEST_CASE(a_good_route_is_evaluated_once_while_its_files_stay) {
  WatchedFile file;
  FrozenClock clock;
  int evaluations = 0;
  routing::RouteVerifier verifier(
      [&](const auto&) {
        ++evaluations;
        return routing::RouteEvaluation{{}, {file.stamp()}, false};
      },
      clock.reader());
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(verifier.verified(kConnector).has_value());
    clock.now += 1h;
  }
  BOOST_TEST(evaluations == 1);
}

BOOST_AUTO_TEST_CASE(a_changed_file_is_a_new_evaluation_at_once) {
  WatchedFile file;
  FrozenClock clock;
  bool good = true;
  routing::RouteVerifier verifier(
      [&](const auto&) {
        return good ? routing::RouteEvaluation{{}, {file.stamp()}, false} : bad();
      },
      clock.reader());
  BOOST_TEST(verifier.verified(kConnector).has_value());
  good = false;
  file.write("another content");
  BOOST_TEST(!verifier.verified(kConnector).has_value());
}

BOOST_AUTO_TEST_CASE(a_bad_route_is_evaluated_every_five_seconds_at_most) {
  FrozenClock clock;
  int evaluations = 0;
  routing::RouteVerifier verifier(
      [&](const auto&) {
        ++evaluations;
        return bad();
      },
      clock.reader());
  for (const auto step : {0s, 2s, 2s, 2s}) {
    clock.now += step;
    BOOST_TEST(!verifier.verified(kConnector).has_value());
  }
  BOOST_TEST(evaluations == 2);
}

BOOST_AUTO_TEST_CASE(a_mended_route_is_believed_after_five_seconds) {
  FrozenClock clock;
  bool good = false;
  routing::RouteVerifier verifier([&](const auto&) { return good ? routing::RouteEvaluation{} : bad(); },
                                  clock.reader());
  BOOST_TEST(!verifier.verified(kConnector).has_value());
  good = true;
  BOOST_TEST(!verifier.verified(kConnector).has_value());
  clock.now += 5s;
  BOOST_TEST(verifier.verified(kConnector).has_value());
}

BOOST_AUTO_TEST_CASE(a_route_mended_in_a_file_is_believed_at_once) {
  WatchedFile file;
  FrozenClock clock;
  bool good = false;
  routing::RouteVerifier verifier(
      [&](const auto&) {
        return routing::RouteEvaluation{good ? Status() : bad().status, {file.stamp()}, false};
      },
      clock.reader());
  BOOST_TEST(!verifier.verified(kConnector).has_value());
  good = true;
  BOOST_TEST(!verifier.verified(kConnector).has_value());
  file.write("another content");
  BOOST_TEST(verifier.verified(kConnector).has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_from_a_table_that_is_no_file_is_good_for_a_minute) {
  FrozenClock clock;
  int evaluations = 0;
  routing::RouteVerifier verifier(
      [&](const auto&) {
        ++evaluations;
        return routing::RouteEvaluation{{}, {}, true};
      },
      clock.reader());
  for (const auto step : {0s, 59s, 1s}) {
    clock.now += step;
    BOOST_TEST(verifier.verified(kConnector).has_value());
  }
  BOOST_TEST(evaluations == 2);
}

BOOST_AUTO_TEST_CASE(an_evaluation_that_throws_is_not_verified) {
  routing::RouteVerifier verifier(
      [](const auto&) -> routing::RouteEvaluation { throw std::runtime_error("broken"); });
  const auto status = verifier.verified(kConnector);
  BOOST_TEST_REQUIRE(!status.has_value());
  BOOST_TEST((status.error().failure == Failure::Misconfigured));
  BOOST_TEST(status.error().what.find("broken") != std::string::npos);
  BOOST_TEST(!verifier.flag_survives(kConnector).has_value());
}

BOOST_AUTO_TEST_CASE(one_evaluation_answers_for_the_route_and_for_the_flag) {
  int evaluations = 0;
  routing::RouteVerifier verifier([&](const auto&) {
    ++evaluations;
    return routing::RouteEvaluation{bad().status, {}, false, {}};
  });
  BOOST_TEST(!verifier.verified(kConnector).has_value());
  BOOST_TEST(verifier.flag_survives(kConnector).has_value());
  BOOST_TEST(evaluations == 1);
}

BOOST_AUTO_TEST_CASE(each_connector_has_a_route_of_its_own) {
  routing::RouteVerifier verifier(
      [](const auto& connector) { return connector.name == "Zivver" ? routing::RouteEvaluation{} : bad(); });
  BOOST_TEST(verifier.verified(kConnector).has_value());
  BOOST_TEST(!verifier.verified(connector_named("Partner")).has_value());
}

BOOST_AUTO_TEST_CASE(sessions_that_ask_together_wait_for_one_evaluation) {
  std::atomic<int> evaluations = 0;
  routing::RouteVerifier verifier([&](const auto&) {
    ++evaluations;
    return routing::RouteEvaluation{};
  });
  std::barrier start(8);
  std::atomic<int> fine = 0;
  {
    std::vector<std::jthread> sessions;
    for (int i = 0; i < 8; ++i)
      sessions.emplace_back([&] {
        start.arrive_and_wait();
        fine += verifier.verified(kConnector).has_value() ? 1 : 0;
      });
  }
  BOOST_TEST(fine.load() == 8);
  BOOST_TEST(evaluations.load() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
