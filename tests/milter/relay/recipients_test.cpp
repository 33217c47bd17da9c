#include "milter/relay/recipients.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/relay/lmtp_command.hpp"

namespace pams::milter::relay {
namespace {

std::vector<seal::Contents::Recipient> sealed(std::initializer_list<const char*> addresses) {
  std::vector<seal::Contents::Recipient> out;
  for (const auto* address : addresses) out.push_back({address, ""});
  return out;
}

std::optional<std::size_t> place_of(const CarrierRecipient& asked,
                                    const std::vector<seal::Contents::Recipient>& all) {
  return match_recipients({asked}, all).at(0);
}

BOOST_AUTO_TEST_SUITE(relay_recipients)

BOOST_AUTO_TEST_CASE(local_parts_are_compared_exactly_first) {
  const auto all = sealed({"Ina@example.com", "ina@Example.com"});
  BOOST_TEST(place_of({"ina@EXAMPLE.com", ""}, all).value() == 1U);
  BOOST_TEST(place_of({"Ina@example.com", ""}, all).value() == 0U);
  BOOST_TEST(place_of({"INA@example.com", ""}, all).has_value());
  BOOST_TEST(!place_of({"ina@example.org", ""}, all).has_value());
}

BOOST_AUTO_TEST_CASE(an_alias_of_one_recipient_for_another_takes_nobodys_place) {
  const auto all = sealed({"alias@example.com", "box@example.com"});
  BOOST_TEST(place_of({"box@example.com", "alias@example.com"}, all).value() == 0U);
  BOOST_TEST(place_of({"box@example.com", "box@example.com"}, all).value() == 1U);
}

BOOST_AUTO_TEST_CASE(the_clients_own_orcpt_is_no_other_recipient) {
  std::vector<seal::Contents::Recipient> all{
      {"member@example.com", "NOTIFY=NEVER ORCPT=rfc822;list@example.com"}, {"list@example.com", ""}};
  BOOST_TEST(place_of({"member@example.com", "list@example.com"}, all).value() == 0U);
  BOOST_TEST(place_of({"list@example.com", ""}, all).value() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rewritten_recipient_with_an_orcpt_of_the_client_is_found_by_it) {
  std::vector<seal::Contents::Recipient> all{{"member@example.com", "ORCPT=rfc822;list@example.net"}};
  BOOST_TEST(place_of({"box@example.com", "list@example.net"}, all).value() == 0U);
}

BOOST_AUTO_TEST_CASE(an_orcpt_that_two_recipients_have_tells_nothing) {
  std::vector<seal::Contents::Recipient> all{{"a@example.com", "ORCPT=rfc822;list@example.net"},
                                             {"b@example.com", "ORCPT=rfc822;list@example.net"}};
  BOOST_TEST(!place_of({"box@example.com", "list@example.net"}, all).has_value());
  BOOST_TEST(place_of({"b@example.com", "list@example.net"}, all).value() == 1U);
}

BOOST_AUTO_TEST_CASE(paths_are_read_as_they_are_quoted) {
  const auto path = parse_path("TO:<\"a> b\\\"\"@example.com> NOTIFY=NEVER ORCPT=rfc822;a+40b", "TO:");
  BOOST_REQUIRE(path.has_value());
  BOOST_TEST(path->address == "\"a> b\\\"\"@example.com");
  BOOST_TEST(path->parameter("ORCPT") == "rfc822;a+40b");
  BOOST_TEST(original_recipient(path->parameter("ORCPT")) == "a@b");
  for (const auto* bad : {"TO:", "TO:a@b", "TO:<a@b", "TO:<a@b>x", "FROM:<a@b>"})
    BOOST_TEST(!parse_path(bad, "TO:").has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pams::milter::relay
