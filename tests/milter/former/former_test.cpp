// What an older version wrote is there after an upgrade, and what a newer one wrote is left alone.
#include <boost/test/unit_test.hpp>

#include "milter/archive/search_index.hpp"
#include "milter/base/schema_version.hpp"
#include "milter/trace/trace_query.hpp"
#include "milter/trace/trace_store.hpp"
#include "tests/milter/archive/archive_fixture.hpp"
#include "tests/milter/former/former_files.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct FormerFixture : ArchiveFixture {
  const std::string trace = directory / "trace.db", relay = directory / "relay.db";
  const trace::Instant now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};

  FormerFixture() {
    make_former_archive(directory.path());
    make_former_database(trace, "trace");
    make_former_database(relay, "relay");
  }
  std::string statuses() const {
    std::string all;
    const auto rows_now = milter::trace::TraceQuery::open(trace).value().find({}).value();
    for (const auto& row : rows_now) all += row.message_id + " " + row.status + " " + row.reply + "\n";
    return all;
  }
};

std::string error_of(const auto& result) { return result ? "" : result.error().what; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(former_versions, FormerFixture)

BOOST_AUTO_TEST_CASE(the_archive_of_0_1_0_is_read_proved_and_goes_on) {
  BOOST_TEST(verify().is_good());
  BOOST_TEST(verify().records == 2);
  BOOST_TEST(verify().outcomes == 1);
  const auto before = database(sqlite::Access::ReadOnly).record(1).value().value();
  BOOST_TEST(before.message_id == "<1@example.org>");
  keep(kOffer);
  BOOST_TEST(verify().is_good());
  BOOST_TEST(verify().records == 3);
  BOOST_TEST((database().record(1).value().value().id == before.id));
  BOOST_TEST(database().sql().number("PRAGMA user_version").value().value() == 1);
}

BOOST_AUTO_TEST_CASE(the_search_index_of_0_1_0_is_made_anew) {
  const auto index_file = settings.path + "/index.db";
  run_sql(index_file, former("index.sql"));
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  auto rows_now = database();
  {
    auto reading = archive::SearchIndex::open(settings.path, sqlite::Access::ReadOnly).value();
    BOOST_TEST(reading.lag(rows_now).value() ==
               2);  // a reader cannot make it anew: nothing is found, and said
    BOOST_TEST(reading.with_match("hello").value().empty());
  }
  auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadWrite).value();
  BOOST_TEST_REQUIRE(index.catch_up(rows_now, objects, [] { return true; }).has_value());
  BOOST_TEST(index.lag(rows_now).value() == 0);
  BOOST_TEST(index.with_match("{body} : hello").value().size() == 2U);
  BOOST_TEST(index.without_date().value() == 2);
  make_newer(index_file);
  for (const auto access : {sqlite::Access::ReadOnly, sqlite::Access::ReadWrite}) {
    const auto newer = archive::SearchIndex::open(settings.path, access);
    BOOST_TEST(error_of(newer).find("a newer pams-milter has written it") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_retry_leaves_the_version_as_it_is) {
  const auto first = keep(kOffer);
  BOOST_TEST(keep(kOffer) == first);
  BOOST_TEST(database().sql().number("PRAGMA user_version").value().value() == 1);
}

BOOST_AUTO_TEST_CASE(the_trace_of_0_1_0_is_read_before_the_upgrade_and_tells_more_after_it) {
  BOOST_TEST(statuses() ==
             "<d@example.org> Failed 250 2.0.0 accepted and dropped by a rule\n"
             "<c@example.org> Failed 550 5.7.1 No\n"
             "<b@example.org> Failed 451 4.3.0 Try again later\n"
             "<a@example.org> Delivered 250 2.0.0 taken\n");
  for (int times = 0; times < 2; ++times) {
    milter::trace::TraceStore::open(trace, now).value();
    BOOST_TEST(statuses() ==
               "<d@example.org> Failed 250 2.0.0 accepted and dropped by a rule\n"
               "<c@example.org> Rejected 550 5.7.1 No\n"
               "<b@example.org> Deferred 451 4.3.0 Try again later\n"
               "<a@example.org> Delivered 250 2.0.0 taken\n");
    // 0.1.0 in between writes its own number.
    run_sql(trace, "PRAGMA user_version = 1");
  }
  BOOST_TEST(milter::trace::TraceQuery::open(trace).value().gaps({}, {}).value().size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_the_relay_of_0_1_0_sent_is_known_and_not_sent_again) {
  BOOST_TEST(statuses().find("<a@example.org> Delivered 250 2.0.0 taken") != std::string::npos);
  for (int times = 0; times < 2; ++times) {
    auto log = milter::trace::DeliveryLog::open(relay).value();
    BOOST_TEST(log.sent("5ea1", "bob@example.net").value().value().certificate == "c0ffee");
    milter::trace::RelayDelivery next;
    next.seal = "5ea2";
    next.recipient = "bob@example.net";
    next.certificate_names = "smart.example";
    BOOST_TEST(log.record({&next, 1}).has_value());
    BOOST_TEST(log.sent("5ea2", "bob@example.net").value().value().certificate_names == "smart.example");
    run_sql(relay, "PRAGMA user_version = 1");
  }
}

BOOST_AUTO_TEST_CASE(what_a_newer_version_wrote_is_refused_with_a_remedy_and_not_touched) {
  const auto archive_file = settings.path + "/archive.db";
  for (const auto& path : {archive_file, trace, relay}) make_newer(path);
  std::vector<std::string> before;
  for (const auto& path : {archive_file, trace, relay}) before.push_back(read_file(path));

  milter::archive::DirectoryArchive archive(settings);
  const auto as_sent = message(kOffer);
  const std::string errors[] = {
      error_of(
          archive.commit({as_sent, {"ann@example.org", {"bob@example.net"}}, "4Zq9", "Zivver", {}, time})),
      error_of(milter::archive::ArchiveDatabase::open(settings.path, sqlite::Access::ReadOnly)),
      error_of(milter::trace::TraceStore::open(trace, now)),
      error_of(milter::trace::TraceQuery::open(trace)),
      error_of(milter::trace::DeliveryLog::open(relay)),
      error_of(milter::trace::RelayFacts::open(relay)),
  };
  for (const auto& error : errors)
    BOOST_TEST(error.find("a newer pams-milter has written it (version 999") != std::string::npos, error);
  std::size_t i = 0;
  for (const auto& path : {archive_file, trace, relay}) BOOST_TEST((read_file(path) == before.at(i++)), path);
}

BOOST_AUTO_TEST_CASE(an_upgrade_that_fails_half_way_leaves_all_as_it_was) {
  auto database =
      sqlite::Database::open(trace, sqlite::Access::ReadWrite, sqlite::Durability::Normal).value();
  const sqlite::Schema broken{2,
                              "CREATE TABLE half(way INTEGER)",
                              {"UPDATE recipient SET status = 'x'; INSERT INTO run VALUES(2, 0, 0)"}};
  BOOST_TEST(!sqlite::make_or_upgrade(database, trace, broken).has_value());
  BOOST_TEST(database.number("PRAGMA user_version").value().value() == 1);
  BOOST_TEST(!database.number("SELECT 1 FROM sqlite_master WHERE name = 'half'").value().has_value());
  BOOST_TEST(!database.number("SELECT 1 FROM recipient WHERE status = 'x'").value().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
