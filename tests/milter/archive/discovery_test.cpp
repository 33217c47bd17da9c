/// Searching, holding and purging, as an investigation does it.
#include <algorithm>

#include "milter/archive/audit_details.hpp"
#include "milter/archive/hold.hpp"
#include "milter/archive/purge.hpp"
#include "tests/milter/archive/two_messages.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(discovery, TwoMessages)

BOOST_AUTO_TEST_CASE(every_field_finds_its_own) {
  const std::pair<const char*, const char*> kCases[] = {
      {"report", "1,2"},  // "réport": letters with and without marks are the same
      {"subject:report", "1,2"},
      {"subject:\"annual report\"", "1"},
      {"\"report annual\"", ""},
      {"from:andre", "1"},  // the display name
      {"from:ann@example.org", "2"},
      {"from:an*", "1,2"},
      {"to:secret@example.com", "1"},  // Bcc
      {"to:stone", "1"},
      {"from:bob", ""},
      {"body:figures", "1"},
      {"body:budget", ""},
      {"attachment:budget", "1"},
      {"attachment:budget_2026.pdf", "1"},
      {"attachment:PDF", "1"},
      {"attachment:platypus", "1"},  // the text of a text attachment
      {"walrus", "1"},               // a forwarded message
      {"has:attachment", "1"},
      {"NOT has:attachment", "2"},
      {"messageid:report@example.org", "1"},
      {"messageid:<REPORT@example.org>", "1"},
      {"messageid:rep*", "1"},
      {"sent:2026-01-10", "2"},
      {"sent:2026-01-01..2026-01-09", "1"},
      {"sent:>=2026-01-02", "2"},
      {"size:<1KB", "1,2"},
      {"size:>1KB", ""},
      {"report NOT lunch", "1"},
      {"walrus OR lunch", "1,2"},
      {"(walrus OR lunch) from:ann", "2"},
      {"REPORT from:ANN", "2"},
  };
  for (const auto& [query, found] : kCases) BOOST_TEST_CONTEXT(query) {
      BOOST_TEST(find(query) == found);
    }
}

BOOST_AUTO_TEST_CASE(a_hold_of_0_1_0_that_meant_something_else_then_stops_a_purge) {
  const auto purge_with = [&](const std::string& query) {
    auto writer = chain();
    const auto added =
        writer.run(day(20), [&](archive::ArchiveDatabase& archive, archive::Tip& tip) -> Status {
          archive::AuditRow row{0, day(20), "hold", archive::to_details({{"name", "old"}, {"query", query}})};
          return archive.append(tip, row);
        });
    BOOST_TEST_REQUIRE(added.has_value());
    const auto plan = archive::Purge(settings, std::make_shared<Disk>()).plan(day(25));
    BOOST_TEST_REQUIRE(archive::release_hold(writer, "old", day(21)).has_value());
    return plan ? std::to_string(plan->held) : plan.error().what;
  };
  for (const auto* same : {"walrus", "from:andre subject:report NOT lunch", "\"a -b\" OR walrus"})
    BOOST_TEST(purge_with(same) == "1", same);
  for (const auto* other :
       {"report -lunch", "subject=report", "a NEAR b", "NOT (from:ann from:eve)", "report and lunch"})
    BOOST_TEST(purge_with(other).find("version 0.1.0 made it") != std::string::npos, other);
}

BOOST_AUTO_TEST_CASE(a_hold_needs_a_query_that_does_not_move_with_the_clock) {
  auto writer = chain();
  const auto moving = archive::add_hold(writer, "case 9", "received:today", day(20));
  BOOST_TEST((!moving && moving.error().failure == Failure::Refused));
  BOOST_TEST(moving.error().what.find("write a date") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_query_of_any_shape_is_answered) {
  std::string many = "report";
  for (int i = 0; i < 1500; ++i) many += " OR x";
  BOOST_TEST(find(many) == "1,2");
  BOOST_TEST(find(std::string(100, '(') + "NOT lunch" + std::string(100, ')')) == "1");
}

BOOST_AUTO_TEST_CASE(a_lost_index_is_made_again) {
  BOOST_TEST(find("walrus") == "1");
  for (const auto* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(settings.path + "/index.db" + suffix);
  BOOST_TEST(find("walrus") == "1");
}

BOOST_AUTO_TEST_CASE(a_purge_takes_what_is_old_and_leaves_a_provable_chain) {
  const auto objects = path_of(rows().front().sent);
  BOOST_TEST(find("walrus") == "1");
  purge_before(day(5));
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(find("report") == "2");
  BOOST_TEST(!std::filesystem::exists(objects));
  const auto verified = verify();
  BOOST_TEST(verified.is_good(), (verified.is_good() ? "" : verified.problems.front().what));
  BOOST_TEST(verified.purged == 1);
  for (const auto* file : {"archive.db", "index.db"}) {
    BOOST_TEST_REQUIRE(sqlite::Database::open(settings.path + "/" + file, sqlite::Access::ReadWrite,
                                              sqlite::Durability::Full)
                           .value()
                           .script("PRAGMA wal_checkpoint(TRUNCATE)")
                           .has_value());
    BOOST_TEST(pams::test::read_file(settings.path + "/" + file).find("walrus") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_object_that_another_record_needs_is_not_purged) {
  time = day(20);
  keep(kReport);
  purge_before(day(15));
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(verify().is_good());
}

BOOST_AUTO_TEST_CASE(a_held_record_is_never_purged_until_it_is_released) {
  auto writer = chain();
  BOOST_TEST_REQUIRE(archive::add_hold(writer, "case 7", "walrus", day(20)).has_value());
  const auto again = archive::add_hold(writer, "case 7", "lunch", day(20));
  BOOST_TEST((!again && again.error().failure == Failure::Refused));
  BOOST_TEST(!archive::add_hold(writer, "case 8", "form:ann", day(20)).has_value());
  purge_before(day(25));
  BOOST_TEST(find("NOT zzz") == "1");
  BOOST_TEST_REQUIRE(archive::release_hold(writer, "case 7", day(21)).has_value());
  BOOST_TEST(!archive::release_hold(writer, "case 7", day(21)).has_value());
  purge_before(day(25));
  BOOST_TEST(find("NOT zzz") == "");
  BOOST_TEST(verify().is_good());
}

BOOST_AUTO_TEST_CASE(a_hold_that_comes_while_a_purge_is_planned_stops_it) {
  archive::Purge purge(settings, std::make_shared<Disk>());
  const auto plan = purge.plan(day(25)).value();
  auto writer = chain();
  BOOST_TEST_REQUIRE(archive::add_hold(writer, "case 7", "walrus", day(20)).has_value());
  BOOST_TEST(!purge.carry_out(plan, "1 days", day(30)).has_value());
  BOOST_TEST(rows().size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_crashes_left_is_collected_when_it_is_old) {
  const auto orphan = settings.path + "/objects/aa/bb/" + "aabb" + std::string(60, '0') + ".zst";
  std::filesystem::create_directories(std::filesystem::path(orphan).parent_path());
  pams::test::write_file(orphan, "x");
  pams::test::write_file(settings.path + "/objects/0.tmp", "x");
  archive::Purge purge(settings, std::make_shared<Disk>());
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  BOOST_TEST(purge.collect_unnamed(now).value() == 0);
  BOOST_TEST(purge.collect_unnamed(now + std::chrono::days(2)).value() == 2);
  BOOST_TEST(verify().is_good());
}

BOOST_AUTO_TEST_SUITE_END()
