#include "milter/daemon/wiring.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "milter/doctor/account.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

struct WiringFixture {
  const Gateway gateway;
  const pams::test::TemporaryDirectory directory;
  daemon::Wiring wiring;

  Settings settings() const { return gateway.services()->config->settings; }
  std::shared_ptr<const session::Services> wire(Settings changed) {
    auto config = std::make_shared<Config>(*gateway.services()->config);
    config->settings = std::move(changed);
    return wiring.wire(std::move(config)).services;
  }
};

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) { return geteuid() == 0; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wiring, WiringFixture)

BOOST_AUTO_TEST_CASE(what_did_not_change_is_taken_over) {
  const auto first = wire(settings());
  const auto second = wire(settings());
  BOOST_TEST(first->archives.at("compliance") == second->archives.at("compliance"));
  BOOST_TEST(first->trace == second->trace);
}

BOOST_AUTO_TEST_CASE(what_is_counted_goes_on_with_another_configuration) {
  auto changed = settings();
  changed.archives[0].path = directory / "elsewhere";
  const auto first = wire(settings());
  BOOST_TEST_REQUIRE(first->metrics != nullptr);
  BOOST_TEST(first->metrics == wire(changed)->metrics);
}

BOOST_AUTO_TEST_CASE(what_was_found_out_about_the_mta_is_not_believed_for_another_configuration) {
  const auto first = wire(settings());
  const auto second = wire(settings());
  BOOST_TEST(first->route_guard != second->route_guard);
}

BOOST_AUTO_TEST_CASE(an_archive_with_other_settings_is_another_one) {
  const auto first = wire(settings());
  auto changed = settings();
  changed.archives[0].path = directory / "elsewhere";
  const auto second = wire(changed);
  BOOST_TEST(first->archives.at("compliance") != second->archives.at("compliance"));
}

BOOST_AUTO_TEST_CASE(a_renewed_certificate_makes_another_archive) {
  auto changed = settings();
  changed.archives[0].encrypt_to = directory.write("certificates.pem", "old");
  const auto first = wire(changed);
  directory.write("certificates.pem", "renewed");
  const auto second = wire(changed);
  BOOST_TEST(first->archives.at("compliance") != second->archives.at("compliance"));
}

BOOST_AUTO_TEST_CASE(settings_that_come_back_get_what_messages_in_work_still_use) {
  const auto first = wire(settings());
  auto without = settings();
  without.archives.clear();
  const auto second = wire(without);
  const auto third = wire(settings());
  BOOST_TEST(second->archives.empty());
  BOOST_TEST(first->archives.at("compliance") == third->archives.at("compliance"));
}

BOOST_AUTO_TEST_CASE(one_trace_database_has_one_writer_whatever_else_changes) {
  const auto first = wire(settings());
  auto changed = settings();
  changed.trace.retention = std::chrono::hours(24);
  changed.trace.mail_log = "journal";
  changed.trace.path.insert(changed.trace.path.rfind('/'), "/.");  // another spelling
  const auto second = wire(changed);
  BOOST_TEST(first->trace == second->trace);
  changed.trace.path = directory / "another.db";
  const auto third = wire(changed);
  BOOST_TEST(first->trace != third->trace);
}

BOOST_AUTO_TEST_CASE(one_spool_of_journal_reports_has_one_that_delivers_whatever_else_changes) {
  auto config = std::make_shared<Config>(*gateway.services()->config);
  auto& journal = config->policy.journal;
  journal.path = directory / "journal";
  journal.submit_to = "127.0.0.1:1";
  journal.rules = {{"All", pams::rules::JournalScope::Global, "", "journal@example.org"}};
  const auto first = wiring.wire(std::make_shared<const Config>(*config)).services;
  BOOST_REQUIRE(first->journal != nullptr);
  journal.submit_to = "127.0.0.1:2";
  BOOST_TEST(wiring.wire(std::make_shared<const Config>(*config)).services->journal == first->journal);
  journal.rules.clear();  // reports may still wait
  BOOST_TEST(wiring.wire(std::make_shared<const Config>(*config)).services->journal == first->journal);
  journal.path = directory / "another";
  BOOST_TEST(wiring.wire(std::make_shared<const Config>(*config)).services->journal == nullptr);
}

BOOST_AUTO_TEST_CASE(what_no_snapshot_uses_any_more_has_ended) {
  auto first = wire(settings());
  const std::weak_ptr<archive::ArchiveStore> archive = first->archives.at("compliance");
  const std::weak_ptr<trace::TraceSink> trace = first->trace;
  first.reset();
  BOOST_TEST(archive.expired());
  BOOST_TEST(trace.expired());
}

BOOST_AUTO_TEST_CASE(what_is_not_in_order_is_told_and_stops_nothing) {
  auto changed = settings();
  changed.archives[0].path = directory / "missing/archive";
  changed.seal_key_file = directory / "no.key";
  auto config = std::make_shared<Config>(*gateway.services()->config);
  config->settings = changed;
  const auto wired = wiring.wire(config);
  BOOST_TEST(wired.services->archives.size() == 1U);
  BOOST_REQUIRE_EQUAL(wired.remarks.size(), 2U);
  BOOST_TEST(wired.remarks[0].find("archive compliance: ") == 0U);
  BOOST_TEST(wired.remarks[1].find("no.key") != std::string::npos);
}

/// Root may enter every directory: asked as somebody else, in a child that has no other thread.
BOOST_AUTO_TEST_CASE(directories_that_the_user_cannot_enter_stop_no_start_and_are_told_with_a_remedy,
                     *boost::unit_test::precondition(is_root)) {
  const auto barred = directory / "barred";
  std::filesystem::create_directory(barred);
  std::filesystem::permissions(barred, std::filesystem::perms::owner_all);
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  auto config = std::make_shared<Config>(*gateway.services()->config);
  config->settings.archives[0].path = barred + "/archive";
  config->settings.seal_key_file = barred + "/seal.key";
  config->settings.trace.path = barred + "/trace.db";
  config->policy.journal.path = barred + "/journal";
  const auto told = doctor::attempt_as(doctor::account_named("nobody").value(), [&] {
    std::string remarks;
    for (const auto& remark : daemon::Wiring().wire(config).remarks) remarks += remark + "\n";
    return remarks;
  });
  BOOST_TEST_REQUIRE(told.has_value(), (told ? "" : told.error().what));
  for (const auto* part : {"archive compliance: ", "seal.key", "journal: "})
    BOOST_TEST(told->find(part) != std::string::npos, *told);
  std::size_t remedies = 0;
  for (auto at = told->find("remedy: chgrp nogroup " + barred); at != std::string::npos;
       at = told->find("remedy: chgrp nogroup " + barred, at + 1))
    ++remedies;
  BOOST_TEST(remedies == 3U, *told);
}

BOOST_AUTO_TEST_SUITE_END()
