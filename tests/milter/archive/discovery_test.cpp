/// Searching, holding, purging and exporting, as an investigation does it.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "milter/archive/exporting.hpp"
#include "milter/archive/hold.hpp"
#include "milter/archive/purge.hpp"
#include "milter/archive/record_search.hpp"
#include "tests/milter/archive/archive_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

const std::string kReport =
    "From: =?utf-8?q?Andr=C3=A9?= <andre@example.org>\r\nTo: Bob Stone <bob@example.net>\r\n"
    "Subject: =?utf-8?q?Annual_r=C3=A9port?=\r\nMessage-ID: <report@example.org>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nThe figures are attached.\r\n"
    "--b\r\nContent-Type: application/pdf; name=\"budget_2026.pdf\"\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
    "--b\r\nContent-Type: text/csv; name=\"list.csv\"\r\nContent-Disposition: attachment\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\ncGxhdHlwdXM7MQ==\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: forwarded walrus\r\n\r\nFrom the sea\r\n--b--\r\n";
const std::string kLunch =
    "From: ann@example.org\r\nTo: bob@example.net\r\nSubject: Lunch report\r\n\r\n<3 From here to there\r\nFrom me\r\n>From you\r\n";

std::chrono::sys_seconds day(int number) {
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
    const auto parsed = query::parse_query(query);
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

}  // namespace

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
      {"\"+++\"", ""},
      {"\"say \" AND NOT \"\x01\"", ""},
  };
  for (const auto& [query, found] : kCases) BOOST_TEST_CONTEXT(query) {
      BOOST_TEST(find(query) == found);
    }
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

BOOST_AUTO_TEST_CASE(an_export_is_byte_for_byte_and_has_a_manifest) {
  BOOST_TEST(export_all(archive::ExportFormat::Eml, directory / "out").records == 2);
  const auto manifest = nlohmann::json::parse(pams::test::read_file(directory / "out/manifest.json"));
  const auto& first = manifest.at("records").at(0);
  BOOST_TEST(pams::test::read_file(directory / ("out/" + first.at("file").get<std::string>())) == kReport);
  BOOST_TEST(first.at("recipients").size() == 2U);
  BOOST_TEST((first.at("sha256").get<std::string>() + ".zst" == rows().front().sent));
}

BOOST_AUTO_TEST_CASE(nothing_that_is_there_is_overwritten) {
  pams::test::write_file(directory / "out", "mine");
  auto rows = database();
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  const auto refused =
      archive::export_records(rows, objects, {1}, {archive::ExportFormat::Zip, directory / "out"});
  BOOST_TEST((!refused && refused.error().failure == Failure::Refused));
  BOOST_TEST(pams::test::read_file(directory / "out") == "mine");
}

BOOST_AUTO_TEST_CASE(an_mbox_quotes_every_line_that_looks_like_a_start) {
  export_all(archive::ExportFormat::Mboxrd, directory / "out.mbox");
  const auto mbox = pams::test::read_file(directory / "out.mbox");
  BOOST_TEST(mbox.starts_with("From andre@example.org Thu Jan  1 00:00:00 2026\n"));
  BOOST_TEST(mbox.find("\n<3 From here to there\n>From me\n>>From you\n\n") != std::string::npos);
  BOOST_TEST(mbox.find('\r') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_zip_is_read_by_another_program) {
  export_all(archive::ExportFormat::Zip, directory / "out.zip");
  const auto script =
      "import zipfile,json,hashlib,sys\n"
      "z=zipfile.ZipFile(sys.argv[1])\n"
      "assert z.testzip() is None\n"
      "m=json.loads(z.read('manifest.json'))['records']\n"
      "assert len(m)==2 and len(z.namelist())==4\n"
      "assert all(hashlib.sha256(z.read(r['file'])).hexdigest()==r['sha256'] for r in m)\n";
  pams::test::write_file(directory / "look.py", script);
  BOOST_TEST(std::system(("python3 " + (directory / "look.py") + " " + (directory / "out.zip")).c_str()) ==
             0);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_told_and_the_others_are_exported) {
  pams::test::write_file(path_of(rows().front().sent), "rust");
  const auto exported = export_all(archive::ExportFormat::Eml, directory / "out");
  BOOST_TEST(exported.records == 1);
  BOOST_TEST(exported.problems.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
