#include <cstdlib>

#include "milter/archive/hold.hpp"
#include "milter/archive/purge.hpp"
#include "rules/query/kql.hpp"
#include "tests/milter/archive/archive_fixture.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct EncryptedArchive : ArchiveFixture {
  EncryptedArchive() {
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout " + (directory / "key.pem") + " -out " +
            (directory / "cert.pem") + " -subj /CN=archive -days 30");
    openssl("genpkey -algorithm ed25519 -out " + (directory / "sign.pem"));
    settings.encrypt_to = directory / "cert.pem";
  }
  static void openssl(const std::string& arguments) {
    BOOST_TEST_REQUIRE(std::system(("openssl " + arguments + " 2>/dev/null").c_str()) == 0);
  }
};

const std::string kSecret = mail(1, "platypus" + std::string(700000, 'x'));

}  // namespace

BOOST_FIXTURE_TEST_SUITE(archive_encryption, EncryptedArchive)

BOOST_AUTO_TEST_CASE(openssl_opens_what_is_stored_and_nothing_else_does) {
  keep(kSecret);
  const auto row = rows().front();
  BOOST_TEST(row.is_encrypted());
  BOOST_TEST(row.subject == "");
  BOOST_TEST(row.received == row.sent);
  BOOST_TEST(pams::test::read_file(path_of(row.sent)).find("platypus") == std::string::npos);
  openssl("cms -decrypt -inform DER -in " + path_of(row.sent) + " -inkey " + (directory / "key.pem") +
          " -out " + (directory / "opened.eml"));
  BOOST_TEST((pams::test::read_file(directory / "opened.eml") == kSecret));
  BOOST_TEST(verify().is_good());
}

BOOST_AUTO_TEST_CASE(no_name_tells_what_the_message_is) {
  const auto plain = message(kSecret);
  const auto bytes = archive::bytes_of(plain);
  const Envelope envelope{"ann@example.org", {"bob@example.net"}};
  archive::DirectoryArchive archive(settings);
  const auto id = keep(archive, kSecret, envelope);
  BOOST_TEST(id != archive::record_id(archive::content_digest(bytes), envelope, ""));
  BOOST_TEST(keep(archive, kSecret, envelope) == id);  // a retry is known all the same
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(keep(kSecret) != id);
}

BOOST_AUTO_TEST_CASE(an_altered_ciphertext_is_seen) {
  keep(kSecret);
  const auto path = path_of(rows().front().sent);
  auto bytes = pams::test::read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  pams::test::write_file(path, bytes);
  BOOST_TEST(!verify().is_good());
}

BOOST_AUTO_TEST_CASE(without_its_certificate_nothing_is_stored_in_the_clear) {
  for (const auto* content : {"", "no certificate"}) {
    pams::test::write_file(settings.encrypt_to, content);
    archive::DirectoryArchive archive(settings);
    const auto plain = message(kSecret);
    const auto stored = archive.commit({plain, {"a@x", {"b@y"}}, "", "", {}, time});
    BOOST_TEST((!stored && stored.error().failure == Failure::Misconfigured));
    BOOST_TEST(!archive.check().has_value());
  }
  BOOST_TEST(rows().empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_cannot_encrypt_is_refused_at_once) {
  openssl("req -x509 -key " + (directory / "sign.pem") + " -out " + (directory / "cert.pem") +
          " -subj /CN=x");
  const auto checked = archive::DirectoryArchive(settings).check();
  BOOST_TEST((!checked && checked.error().failure == Failure::Misconfigured));
}

BOOST_AUTO_TEST_CASE(metadata_is_found_content_is_not_and_a_hold_keeps_what_it_cannot_read) {
  keep(kSecret);
  auto archive = database();
  archive::ObjectStore objects(settings.path, std::make_shared<Disk>());
  auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadWrite).value();
  BOOST_TEST_REQUIRE(index.catch_up(archive, objects, [] { return true; }).has_value());
  BOOST_TEST(index.incomplete().value() == 1);
  const auto found = [&](const std::string& query) {
    return archive::search(archive, index, **query::parse_query(query, std::nullopt),
                           archive::Unreadable::NoMatch)
        .value()
        .size();
  };
  BOOST_TEST(found("from:ann") == 1U);
  BOOST_TEST(found("platypus") == 0U);
  BOOST_TEST(found("sent:2026-03-01") == 1U);
  const auto held = [&](const std::string& query) {
    return archive::held_records(archive, index, {{"case", query, time, 1}}).value().size();
  };
  BOOST_TEST(held("platypus") == 1U);
  BOOST_TEST(held("NOT platypus") == 1U);
  BOOST_TEST(held("platypus sent:2020-01-01") == 0U);
  BOOST_TEST(held("has:attachment from:ann") == 1U);
}

BOOST_AUTO_TEST_CASE(checkpoints_are_signed_and_a_foreign_signature_is_seen) {
  settings.checkpoint_key = directory / "sign.pem";
  keep(kSecret);
  BOOST_TEST(verify().signed_checkpoints == 1);
  BOOST_TEST(verify().is_good());
  openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out " + (directory / "other.pem"));
  settings.checkpoint_key = directory / "other.pem";
  const auto foreign = verify();
  BOOST_TEST(!foreign.is_good());
  BOOST_TEST(foreign.problems.front().what.find("not signed with checkpoint_key") != std::string::npos);
  settings.checkpoint_key = directory / "sign.pem";
  sql("UPDATE checkpoint SET signature = ''");
  BOOST_TEST(!verify().is_good());
}

BOOST_AUTO_TEST_CASE(a_key_that_is_configured_later_signs_at_the_next_start) {
  keep(kSecret);
  settings.checkpoint_key = directory / "sign.pem";
  BOOST_TEST(archive::DirectoryArchive(settings).check().has_value());
  const auto verified = verify();
  BOOST_TEST(verified.is_good(), (verified.is_good() ? "" : verified.problems.front().what));
  BOOST_TEST(verified.signed_checkpoints == 1);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_comes_after_a_day_or_a_thousand_entries) {
  archive::ChainWriter chain(settings.path, "", std::make_shared<Disk>());
  const auto append = [&](std::chrono::sys_seconds now, int count) {
    const auto done = chain.run(now, [&](archive::ArchiveDatabase& archive, archive::Tip& tip) -> Status {
      for (int i = 0; i < count; ++i) {
        archive::AuditRow row{0, now, "hold", "{}"};
        if (const auto added = archive.append(tip, row); !added) return added;
      }
      return {};
    });
    BOOST_TEST_REQUIRE(done.has_value());
    return database().last_checkpoint().value().value().tip.number;
  };
  BOOST_TEST(append(time, 1) == 1);
  BOOST_TEST(append(time + std::chrono::hours(23), 1) == 1);
  BOOST_TEST(append(time + std::chrono::hours(24), 1) == 3);
  BOOST_TEST(append(time + std::chrono::hours(25), 999) == 3);
  BOOST_TEST(append(time + std::chrono::hours(25), 1) == 1003);
}

BOOST_AUTO_TEST_SUITE_END()
