// What is archived of a message, and what happens when it cannot be.
#include <boost/test/unit_test.hpp>

#include "milter/archive/object_store.hpp"
#include "milter/session/end_of_message.hpp"
#include "tests/milter/session/end_of_message_fixture.hpp"
#include "tests/support/files.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;

namespace {

class FullArchive : public archive::ArchiveStore {
 public:
  Result<std::unique_ptr<Prepared>> prepare(const archive::ArchiveRecord&) override {
    return fail(Failure::Temporary, "No space left on device");
  }
  Result<bool> mark(const archive::ArchivedTry&, archive::RecordOutcome, const std::string&) override {
    return false;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(end_of_message_archive)

BOOST_AUTO_TEST_CASE(what_is_archived_is_what_is_sealed) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto carrier = open_carrier(connection.send(kFlaggedOffer), gateway.key_file());
  const auto rows = rows_in(gateway.archive());
  BOOST_REQUIRE(rows.size() == 1U);
  archive::ObjectStore objects(gateway.archive(), std::make_shared<Disk>());
  const auto kept = objects.load(rows[0].sent, 1U << 20U).value();
  BOOST_TEST(kept == carrier.message);
  const auto received = objects.load(rows[0].received, 1U << 20U).value();
  BOOST_TEST(received.find("Confidential.") == std::string::npos);
  BOOST_TEST(rows[0].actions.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_same_message_sent_again_is_archived_once) {
  const Gateway gateway(kArchiveFlagged);
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  BOOST_TEST(connection.send(kFlaggedOffer).kind == 'c');
  BOOST_TEST(connection.send(kFlaggedOffer).kind == 'c');
  BOOST_TEST(records_in(gateway.archive()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_archive_defers_the_message_and_nothing_was_changed) {
  const Gateway gateway(kDisclaimer + kArchiveFlagged);
  const auto services = gateway.services();
  services->archives["compliance"] = std::make_shared<FullArchive>();
  RunningMilter milter(services);
  MilterConnection connection(gateway.socket());
  const auto ending = connection.send(kFlaggedOffer);
  BOOST_TEST(ending.text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(ending.modifications.empty());
  BOOST_TEST(milter.line_with("event=archive_failed").find("No space left") != std::string::npos);
  BOOST_TEST(connection.send(kOrdinaryOffer).kind == 'c');  // ordinary mail is not held up
}

BOOST_AUTO_TEST_CASE(an_archive_that_nobody_can_write_defers_the_message) {
  const Gateway gateway(kArchiveFlagged);
  pams::test::write_file(gateway.archive(), "a file in the way");
  RunningMilter milter(gateway.services());
  MilterConnection connection(gateway.socket());
  const auto ending = connection.send(kFlaggedOffer);
  BOOST_TEST(ending.text == "451 4.3.0 Service temporarily unavailable");
  BOOST_TEST(ending.modifications.empty());
}

BOOST_AUTO_TEST_SUITE_END()
