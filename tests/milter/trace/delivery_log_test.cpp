#include "milter/trace/delivery_log.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::trace;
namespace {

using std::chrono::milliseconds;

RelayDelivery delivery(const std::string& recipient, RelayDelivery::Result result, int time = 1000) {
  return {.seal = "5ea1",
          .recipient = recipient,
          .time = Instant(milliseconds(time)),
          .result = result,
          .connector = "zivver",
          .host = "smtp.zivver.com:25",
          .address = "192.0.2.1",
          .protocol = "TLSv1.3",
          .cipher = "TLS_AES_256_GCM_SHA384",
          .certificate = std::string(64, 'a'),
          .certificate_names = "smtp.zivver.com",
          .verified = true,
          .reply = "250 2.0.0 Ok: queued as 123"};
}

struct InADirectory {
  pams::test::TemporaryDirectory directory;
  const std::string path = delivery_log_path(directory / "trace.db");
  DeliveryLog log = DeliveryLog::open(path).value();
};

BOOST_FIXTURE_TEST_SUITE(delivery_log, InADirectory)

BOOST_AUTO_TEST_CASE(stands_beside_the_trace) { BOOST_TEST(path == directory / "relay.db"); }

BOOST_AUTO_TEST_CASE(tells_all_of_a_delivery_after_it_is_opened_again) {
  const auto one = delivery("a@example.com", RelayDelivery::Result::Sent);
  BOOST_REQUIRE(log.record(std::vector{one}).has_value());
  auto again = DeliveryLog::open(path).value();
  const auto found = again.sent("5ea1", "a@example.com").value();
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((found->time == one.time));
  BOOST_TEST(found->connector == one.connector);
  BOOST_TEST(found->host == one.host);
  BOOST_TEST(found->address == one.address);
  BOOST_TEST(found->protocol == one.protocol);
  BOOST_TEST(found->cipher == one.cipher);
  BOOST_TEST(found->certificate == one.certificate);
  BOOST_TEST(found->verified);
  BOOST_TEST(found->reply == one.reply);
}

BOOST_AUTO_TEST_CASE(only_what_was_sent_counts_as_sent) {
  BOOST_REQUIRE(log.record(std::vector{delivery("a@example.com", RelayDelivery::Result::Failed),
                                       delivery("b@example.com", RelayDelivery::Result::Dropped)})
                    .has_value());
  BOOST_TEST(!log.sent("5ea1", "a@example.com").value().has_value());
  BOOST_TEST(!log.sent("5ea1", "b@example.com").value().has_value());
  BOOST_REQUIRE(log.record(std::vector{delivery("a@example.com", RelayDelivery::Result::Sent)}).has_value());
  BOOST_TEST(log.sent("5ea1", "a@example.com").value().has_value());
  BOOST_TEST(!log.sent("5ea2", "a@example.com").value().has_value());
}

BOOST_AUTO_TEST_CASE(forgets_the_oldest_first_and_not_more_than_asked) {
  for (int time = 1; time <= 5; ++time)
    BOOST_REQUIRE(log.record(std::vector{delivery(std::to_string(time), RelayDelivery::Result::Sent, time)})
                      .has_value());
  BOOST_TEST(log.forget_before(Instant(milliseconds(4)), 2).value() == 2U);
  BOOST_TEST(!log.sent("5ea1", "2").value().has_value());
  BOOST_TEST(log.sent("5ea1", "3").value().has_value());
  BOOST_TEST(log.forget_before(Instant(milliseconds(4)), 2).value() == 1U);
  BOOST_TEST(log.sent("5ea1", "4").value().has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_said) {
  const auto other = directory.write("other/relay.db", std::string(4096, 'x'));
  const auto opened = DeliveryLog::open(other);
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().failure == Failure::Misconfigured));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::test
