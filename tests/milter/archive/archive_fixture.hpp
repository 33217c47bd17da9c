/// An archive in a temporary directory, with messages of its own.
#pragma once

#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/directory_archive.hpp"
#include "milter/archive/verification.hpp"
#include "tests/support/eml.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace pams::test {
using namespace pams::milter;

inline const std::string kOffer =
    "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: offer\r\nMessage-ID: <1@example.org>\r\n"
    "X-Odd:no blank\r\n\r\none\r\n\r\nbare\nlf and no end";

inline Message message(const std::string& eml) {
  const auto body = eml.find("\r\n\r\n") + 4;
  Message message{parse_message(eml).headers, SharedBytes(eml.substr(body))};
  return message;
}

inline std::string mail(int number, const std::string& body = "hello") {
  return "Subject: message " + std::to_string(number) + "\r\nFrom: ann@example.org\r\n\r\n" + body + "\r\n";
}

struct ArchiveFixture {
  pams::test::TemporaryDirectory directory;
  ArchiveSettings settings{"compliance", directory / "archive"};
  std::chrono::sys_seconds time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

  /// Commits; the record's id, or the error as a failed test.
  std::string keep(archive::ArchiveStore& archive, const std::string& eml,
                   Envelope envelope = {"ann@example.org", {"bob@example.net", "eve@example.com"}}) const {
    const auto as_sent = message(eml);
    return archive.commit({as_sent, std::move(envelope), "4Zq1", "Zivver", {"Keep all"}, time})
        .value()
        .payload()
        .record_id;
  }
  std::string keep(const std::string& eml) const {
    archive::DirectoryArchive archive(settings);
    return keep(archive, eml);
  }
  archive::ArchiveDatabase database(sqlite::Access access = sqlite::Access::ReadWrite) const {
    return archive::ArchiveDatabase::open(settings.path, access).value();
  }
  void sql(const std::string& statement) const {
    const auto done = database().sql().script(statement);
    BOOST_TEST_REQUIRE(done.has_value(), (done ? "" : done.error().what));
  }
  std::vector<archive::RecordRow> rows() const {
    std::vector<archive::RecordRow> all;
    BOOST_TEST_REQUIRE(database()
                           .each_record(0,
                                        [&](const archive::RecordRow& row) {
                                          all.push_back(row);
                                          return true;
                                        })
                           .has_value());
    return all;
  }
  archive::Verification verify() const { return archive::verify_archive(settings).value(); }
  std::string path_of(const std::string& object) const {
    return settings.path + "/objects/" + object.substr(0, 2) + "/" + object.substr(2, 2) + "/" + object;
  }
};

}  // namespace pams::test
