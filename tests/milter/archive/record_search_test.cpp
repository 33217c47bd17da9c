/// What the words and times of a query mean to the records of an archive.
#include "milter/archive/record_search.hpp"

#include "milter/archive/hold.hpp"
#include "tests/milter/archive/two_messages.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(record_search, TwoMessages)

BOOST_AUTO_TEST_CASE(every_operator_and_property_finds_its_own) {
  const std::pair<const char*, const char*> kCases[] = {
      {"report -lunch", "1"},
      {"subject=lunch", "2"},
      {"subject<>lunch", "1"},
      {"received:2026-01-10", "2"},
      {"received>=2026-01-02", "2"},
      {"received<2026-01-02", "1"},
      {"received:yesterday", "2"},
      {"size>10 AND size<1000000", "1,2"},
      {"size>20000", ""},
      {"from:andre from:ann", "1,2"},
      {"from:(andre OR ann) -walrus", "2"},
      {"participants:stone", "1"},
      {"participants:ann@example.org", "2"},
      {"recipients:bob@example.net", "1,2"},
      {"recipients:example.com", "1"},
      {"recipients:@example.net", "1,2"},
      {"recipients:@example.com", "1"},
      {"bcc:secret@example.com", "1"},
      {"bcc:secret", "1"},
      {"bcc:bob", ""},
      {"cc:bob", ""},
      {"from:dre@example.org", ""},
      {"from:andre@example.or*", "1"},
      {"from:<andre@example.org>", "1"},
      {"attachmentnames:budget_2026.pdf", "1"},
      {"attachmentnames:platypus", ""},
      {"attachmentnames:bud*", "1"},
      {"hasattachment:false", "2"},
      {"kind:email", "1,2"},
      {"NOT kind:email", ""},
      {"importance:medium", "1,2"},
      {"figures NEAR(1) attached", "1"},
      {"figures NEAR(0) attached", ""},
      {"attached NEAR(1) figures", "1"},
      {"attached ONEAR(1) figures", ""},
      {"figures ONEAR are", "1"},
      {"figures NEAR report", ""},  // the one in the subject, the other in the body
  };
  for (const auto& [query, found] : kCases) BOOST_TEST_CONTEXT(query) {
      BOOST_TEST(find(query) == found);
    }
}

BOOST_AUTO_TEST_CASE(what_reads_alike_is_found_whichever_way_it_is_written) {
  archive::DirectoryArchive archive(settings);
  const std::string text = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  keep(archive, "Subject: one\r\n" + text +
                    "the mer\xC2\xADger of\r\n> of\xEF\xAC\x81"
                    "ces in re\xCC\x81sume\r\n");
  keep(
      archive,
      "Subject: two\r\n" + text +
          "\xEF\xBC\xAD\xEF\xBC\xA5\xEF\xBC\xB2\xEF\xBC\xA7\xEF\xBC\xA5\xEF\xBC\xB2 \xE6\x98\x8E\xE6\x97\xA5\xE3\x81\xAE\xE4\xBC\x9A\xE8\xAD\xB0\r\n");
  BOOST_TEST(find("merger") == "3,4");
  BOOST_TEST(find("MER\xE2\x80\x8BGER") == "3,4");
  BOOST_TEST(find("\"merger of offices\"") == "3");
  BOOST_TEST(find("r\xC3\xA9sume") == "3");
  BOOST_TEST(find("\xE4\xBC\x9A\xE8\xAD\xB0") == "4");
  BOOST_TEST(find("\xE6\x97\xA5*") == "4");
  BOOST_TEST(find("\xE8\xAD\xB0\xE4\xBC\x9A") == "");
}

BOOST_AUTO_TEST_CASE(sent_is_the_date_field_and_received_the_time_of_archiving) {
  archive::DirectoryArchive archive(settings);
  time = day(20);
  keep(archive, "Date: Thu, 1 Jan 2026 00:30:00 +0100\r\nSubject: a\r\n\r\n\r\n");  // the year before, in UTC
  keep(archive, "Date: yesterday\r\nSubject: b\r\n\r\n\r\n");
  BOOST_TEST(find("sent:2025-12-31") == "3");
  BOOST_TEST(find("received:2026-01-20") == "3,4");
  BOOST_TEST(find("sent:2026-01-20") == "4");  // no date: the time of archiving
  BOOST_TEST(find("sent<2026-01-01") == "3");
  BOOST_TEST(find("sent>=2025-12-31T23:30:00Z AND sent<=2025-12-31T23:30:00Z") == "3");
  auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadOnly).value();
  BOOST_TEST(index.without_date().value() == 3);
}

BOOST_AUTO_TEST_CASE(a_hold_on_sent_keeps_what_either_time_may_mean) {
  archive::DirectoryArchive archive(settings);
  time = day(20);
  keep(archive, "Date: Thu, 1 Jan 2015 12:00:00 +0000\r\nSubject: a\r\n\r\n\r\n");
  BOOST_TEST(find("kind:email") == "1,2,3");
  auto rows_ = database();
  auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadWrite).value();
  const auto held = [&](const std::string& query) {
    return archive::held_records(rows_, index, {{"case", query, time, 1}}).value();
  };
  BOOST_TEST(held("sent:2015-01-01") == std::vector<std::int64_t>{3});
  BOOST_TEST(held("sent:2026-01-20") == std::vector<std::int64_t>{3});
  BOOST_TEST(held("subject:a AND NOT sent:2015-01-01") == std::vector<std::int64_t>{3});
  BOOST_TEST(held("received:2015-01-01").empty());
}

BOOST_AUTO_TEST_CASE(categories_and_importance_are_those_that_exchange_sends) {
  archive::DirectoryArchive archive(settings);
  keep(archive, "Keywords: Red Category, Case 7\r\nImportance: High\r\n\r\n\r\n");
  keep(archive, "X-Priority: 5 (Lowest)\r\n\r\n\r\n");
  BOOST_TEST(find("category:\"red category\"") == "3");
  BOOST_TEST(find("category:red") == "3");
  BOOST_TEST(find("importance:high") == "3");
  BOOST_TEST(find("importance:low") == "4");
  BOOST_TEST(find("importance<>medium") == "3,4");
}

BOOST_AUTO_TEST_CASE(a_phrase_does_not_go_from_one_text_into_the_next) {
  archive::DirectoryArchive archive(settings);
  keep(
      archive,
      "From: eve@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\n\r\nlast word\r\n--b\r\nContent-Type: text/csv; name=\"first.csv\"\r\n\r\nfirst,row\r\n--b--\r\n");
  BOOST_TEST(find("\"first row\"") == "3");
  BOOST_TEST(find("\"first csv first\"") == "");
  BOOST_TEST(find("attachment:(csv NEAR row)") == "");
}

BOOST_AUTO_TEST_CASE(an_attached_text_is_read_in_the_charset_that_it_shows) {
  archive::DirectoryArchive archive(settings);
  keep(
      archive,
      "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
      "--b\r\nContent-Type: text/csv; name=a.csv\r\n\r\n\x1B$B2q5D\x1B(B\r\n--b--\r\n");
  BOOST_TEST(find("\xE4\xBC\x9A\xE8\xAD\xB0") == "3");
}

BOOST_AUTO_TEST_CASE(what_is_not_indexed_yet_is_found_by_no_query_and_held_by_every_hold) {
  BOOST_TEST(find("report") == "1,2");
  keep(kReport);
  BOOST_TEST(find("report") == "1,2,3");
  auto rows_ = database();
  const auto hash = rows_.hash_at(2).value().value();
  const auto forgotten = sqlite::Database::open(settings.path + "/index.db", sqlite::Access::ReadWrite,
                                                sqlite::Durability::Normal)
                             .value()
                             .script(
                                 "DELETE FROM indexed WHERE number = 3; DELETE FROM words WHERE rowid = 3; "
                                 "UPDATE state SET number = 2, hash = '" +
                                 hash + "'");
  BOOST_TEST_REQUIRE(forgotten.has_value());
  auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadOnly).value();
  BOOST_TEST(index.lag(rows_).value() == 1);
  const auto found = [&](const char* text, archive::Unreadable unreadable) {
    return archive::search(rows_, index, **query::parse_query(text, day(11)), unreadable).value().size();
  };
  for (const auto* text : {"NOT walrus", "size>0", "kind:email", "received>=2000-01-01"})
    BOOST_TEST(found(text, archive::Unreadable::NoMatch) <= 2U, text);
  BOOST_TEST(found("walrus", archive::Unreadable::Match) == 2U);
  BOOST_TEST(found("nonsense", archive::Unreadable::Match) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
