/// A process that commits records and is killed at any time. What it has acknowledged is there afterwards.
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/milter/archive/archive_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

/// Several threads commit for ever; every receipt's id goes down the pipe as one write.
[[noreturn]] void commit_for_ever(const ArchiveFixture& fixture, int pipe, int generation) {
  archive::DirectoryArchive archive(fixture.settings);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0;; ++i) {
        const auto sent = message(mail(generation * 100000 + i * 10 + thread));
        const auto stored = archive.commit({sent, {"a@x", {"b@y"}}, "", "", {}, fixture.time});
        if (!stored || ::write(pipe, stored->payload().record_id.data(), 64) != 64) ::_exit(1);
      }
    });
  for (auto& thread : threads) thread.join();
  ::_exit(0);
}

std::set<std::string> read_receipts(int pipe, std::size_t at_least, pid_t child, std::mt19937& random) {
  std::set<std::string> ids;
  std::string pending;
  char block[6400];
  bool killed = false;
  for (ssize_t count = 0; (count = ::read(pipe, block, sizeof block)) > 0;) {
    pending.append(block, static_cast<std::size_t>(count));
    for (; pending.size() >= 64; pending.erase(0, 64)) ids.insert(pending.substr(0, 64));
    if (killed || ids.size() < at_least) continue;
    ::usleep(static_cast<useconds_t>(random() % 3000));  // somewhere inside a later commit
    ::kill(child, SIGKILL);
    killed = true;
  }
  return ids;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(archive_crash, ArchiveFixture)

BOOST_AUTO_TEST_CASE(whatever_was_acknowledged_before_a_kill_is_there_and_the_chain_holds) {
  std::mt19937 random(7);
  std::set<std::string> acknowledged;
  const int kills = std::getenv("PAMS_KILLS") != nullptr ? std::atoi(std::getenv("PAMS_KILLS")) : 20;
  for (int generation = 0; generation < kills; ++generation) {
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    if (child == 0) commit_for_ever(*this, ends[1], generation);
    ::close(ends[1]);
    acknowledged.merge(read_receipts(ends[0], random() % 8, child, random));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST_REQUIRE(WIFSIGNALED(status));
    archive::DirectoryArchive reopened(settings);
    BOOST_TEST_REQUIRE(reopened.check().has_value());
    std::set<std::string> kept;
    for (const auto& row : rows()) kept.insert(row.id);
    for (const auto& id : acknowledged) BOOST_TEST_REQUIRE(kept.contains(id));
    const auto verified = verify();
    BOOST_TEST_REQUIRE(verified.is_good(), (verified.is_good() ? "" : verified.problems.front().what));
  }
  BOOST_TEST(acknowledged.size() > static_cast<std::size_t>(kills));
}

BOOST_AUTO_TEST_SUITE_END()
