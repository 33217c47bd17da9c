/// Exports for somebody else: whole or not at all, with names to read and digests.
#include "milter/archive/exporting.hpp"

#include <csignal>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "milter/archive/export_name.hpp"
#include "milter/base/sha256.hpp"
#include "rules/base/text.hpp"
#include "tests/milter/archive/two_messages.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

/// No file of this process grows beyond 100 bytes while this lives.
class SmallFiles {
 public:
  SmallFiles() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{100, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(archive_exporting, TwoMessages)

BOOST_AUTO_TEST_CASE(an_export_is_byte_for_byte_and_has_a_manifest) {
  BOOST_TEST(export_all(archive::ExportFormat::Eml, directory / "out").records == 2);
  const auto manifest = nlohmann::json::parse(pams::test::read_file(directory / "out/manifest.json"));
  const auto& first = manifest.at("records").at(0);
  BOOST_TEST(pams::test::read_file(directory / ("out/" + first.at("file").get<std::string>())) == kReport);
  BOOST_TEST(first.at("recipients").size() == 2U);
  BOOST_TEST((first.at("sha256").get<std::string>() + ".zst" == rows().front().sent));
}

BOOST_AUTO_TEST_CASE(exported_files_have_names_to_read_and_a_load_file_with_their_digests) {
  export_all(archive::ExportFormat::Eml, directory / "out");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "out"))
    names.insert(entry.path().filename());
  const auto first = rows().front().id.substr(0, 12);
  const auto second = rows().back().id.substr(0, 12);
  BOOST_TEST(names.contains("2026-01-01_000000_andre@example.org_Annual-r\xC3\xA9port_" + first + ".eml"));
  BOOST_TEST(names.contains("2026-01-10_000000_ann@example.org_Lunch-report_" + second + ".eml"));
  const auto table = pams::test::read_file(directory / "out/load.csv");
  BOOST_TEST(table.starts_with("file,sha256,bytes,version,"));
  BOOST_TEST(table.find(Sha256().add(kReport).hex() + "," + std::to_string(kReport.size()) + ",sent,") !=
             std::string::npos);
  export_all(archive::ExportFormat::Mboxrd, directory / "out.mbox");
  BOOST_TEST(pams::test::read_file(directory / "out.mbox.csv") == table);
}

BOOST_AUTO_TEST_CASE(names_of_files_are_safe_bounded_and_never_the_same) {
  archive::NameGiver names;
  archive::RecordRow row;
  row.number = 1;
  row.id = std::string(64, 'a');
  row.sender = "../../etc/passwd\n@example.org";
  row.subject = "..\x1b]0; C:\\CON <x> \xE2\x80\xAE" + std::string(1000, 'y');
  const auto name = names.name_of(row, ".eml");
  BOOST_TEST(name.size() <= 200U);
  BOOST_TEST(name.find_first_of("/\\:<>\x1b\n ") == std::string::npos);
  BOOST_TEST(name.find("\xE2\x80\xAE") == std::string::npos);
  row.number = 2;
  BOOST_TEST(names.name_of(row, ".eml") != name);
  row.subject = "";
  row.sender = "";
  BOOST_TEST(names.name_of(row, ".cms") == "1970-01-01_000000_null-sender_aaaaaaaaaaaa.cms");
  for (int i = 0; i < 70; ++i) row.subject += "\xC3\xA9";
  BOOST_TEST(text::printable(names.name_of(row, ".eml")).find("\\x") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_export_can_have_what_was_received) {
  archive::DirectoryArchive archive(settings);
  auto sent = message(kOffer);
  const auto before = mail(7, "as it came");
  const auto received = message(before);
  BOOST_TEST_REQUIRE(
      archive.commit({sent, {"ann@example.org", {"bob@example.net"}}, "4Zq9", "", {}, day(20), &received})
          .has_value());
  auto rows = database();
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  for (const auto version : {archive::ExportVersion::Sent, archive::ExportVersion::Received}) {
    const bool as_sent = version == archive::ExportVersion::Sent;
    const auto out = directory / (as_sent ? "sent" : "received");
    BOOST_TEST(archive::export_records(rows, objects, {3}, {archive::ExportFormat::Eml, out, version})
                   .value()
                   .records == 1);
    const auto manifest = nlohmann::json::parse(pams::test::read_file(out + "/manifest.json"));
    const auto& one = manifest.at("records").at(0);
    BOOST_TEST(one.at("version") == (as_sent ? "sent" : "received"));
    BOOST_TEST(pams::test::read_file(out + "/" + one.at("file").get<std::string>()) ==
               (as_sent ? kOffer : before));
  }
}

BOOST_AUTO_TEST_CASE(an_export_that_fails_leaves_nothing) {
  auto rows = database();
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  for (const auto format :
       {archive::ExportFormat::Eml, archive::ExportFormat::Mboxrd, archive::ExportFormat::Zip}) {
    const auto out = directory / "out";
    {
      const SmallFiles as_if_the_disk_were_full;
      BOOST_TEST(!archive::export_records(rows, objects, {1, 2}, {format, out}).has_value());
    }
    for (const auto* ending : {"", ".partial", ".csv", ".csv.partial"})
      BOOST_TEST(!std::filesystem::exists(out + ending), ending);
  }
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_export_left_is_named_and_kept) {
  std::filesystem::create_directory(directory / "out.partial");
  auto rows = database();
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  const auto refused =
      archive::export_records(rows, objects, {1}, {archive::ExportFormat::Eml, directory / "out"});
  BOOST_TEST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().what.find("out.partial") != std::string::npos);
  BOOST_TEST(std::filesystem::exists(directory / "out.partial"));
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
