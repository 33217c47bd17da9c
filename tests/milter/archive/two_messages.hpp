/// An archive with two messages of an investigation: a report with attachments, and a lunch.
#pragma once

#include "milter/archive/exporting.hpp"
#include "milter/archive/purge.hpp"
#include "milter/archive/record_search.hpp"
#include "rules/query/kql.hpp"
#include "tests/milter/archive/archive_fixture.hpp"

namespace pams::test {

inline const std::string kReport =
    "From: =?utf-8?q?Andr=C3=A9?= <andre@example.org>\r\nTo: Bob Stone <bob@example.net>\r\n"
    "Subject: =?utf-8?q?Annual_r=C3=A9port?=\r\nMessage-ID: <report@example.org>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nThe figures are attached.\r\n"
    "--b\r\nContent-Type: application/pdf; name=\"budget_2026.pdf\"\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
    "--b\r\nContent-Type: text/csv; name=\"list.csv\"\r\nContent-Disposition: attachment\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\ncGxhdHlwdXM7MQ==\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: forwarded walrus\r\n\r\nFrom the sea\r\n--b--\r\n";
inline const std::string kLunch =
    "From: ann@example.org\r\nTo: bob@example.net\r\nSubject: Lunch report\r\n\r\n<3 From here to there\r\nFrom me\r\n>From you\r\n";

inline std::chrono::sys_seconds day(int number) {
  return std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + std::chrono::days(number - 1);
}

struct TwoMessages : ArchiveFixture {
  TwoMessages() {
    archive::DirectoryArchive archive(settings);
    time = day(1);
    keep(archive, kReport, {"andre@example.org", {"bob@example.net", "secret@example.com"}});
    time = day(10);
    keep(archive, kLunch, {"ann@example.org", {"bob@example.net"}});
  }

  /// The entries that match, "1,2"; the index brought up to date first.
  std::string find(const std::string& query) const {
    auto rows = database();
    archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
    auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadWrite).value();
    BOOST_TEST_REQUIRE(index.catch_up(rows, objects, [] { return true; }).has_value());
    BOOST_TEST(index.lag(rows).value() == 0);
    const auto parsed = query::parse_query(query, day(11));
    BOOST_TEST_REQUIRE(parsed.has_value());
    const auto found = archive::search(rows, index, **parsed, archive::Unreadable::NoMatch).value();
    std::string out;
    for (const auto number : found) out += (out.empty() ? "" : ",") + std::to_string(number);
    return out;
  }
  archive::ChainWriter chain() const { return {settings.path, "", std::make_shared<Disk>()}; }
  archive::Exported export_all(archive::ExportFormat format, const std::string& output) const {
    auto rows = database();
    archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
    return archive::export_records(rows, objects, {1, 2}, {format, output}).value();
  }
  void purge_before(std::chrono::sys_seconds before) const {
    archive::Purge purge(settings, std::make_shared<Disk>());
    const auto plan = purge.plan(before).value();
    const auto done = purge.carry_out(plan, "1 days", day(30));
    BOOST_TEST_REQUIRE(done.has_value(), (done ? "" : done.error().what));
  }
};

}  // namespace pams::test
