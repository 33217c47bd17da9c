#include "milter/relay/recipients.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/relay/lmtp_command.hpp"

namespace pams::test {
using namespace pams::milter;
using namespace pams::milter::relay;
namespace {

std::vector<seal::Contents::Recipient> sealed(std::initializer_list<const char*> addresses) {
  std::vector<seal::Contents::Recipient> out;
  for (const auto* address : addresses) out.push_back({address, ""});
  return out;
}

std::optional<std::size_t> place_of(const CarrierRecipient& asked,
                                    const std::vector<seal::Contents::Recipient>& all) {
  const auto places = match_recipients({asked}, all).at(0);
  BOOST_TEST(places.size() <= 1U);
  return places.empty() ? std::nullopt : std::optional(places.front());
}

BOOST_AUTO_TEST_SUITE(relay_recipients)

BOOST_AUTO_TEST_CASE(local_parts_are_compared_exactly_first) {
  const auto all = sealed({"Ina@example.com", "ina@Example.com"});
  BOOST_TEST(place_of({"ina@EXAMPLE.com", ""}, all).value() == 1U);
  BOOST_TEST(place_of({"Ina@example.com", ""}, all).value() == 0U);
  BOOST_TEST(place_of({"INA@example.com", ""}, all).has_value());
  BOOST_TEST(!place_of({"ina@example.org", ""}, all).has_value());
}

BOOST_AUTO_TEST_CASE(the_mtas_own_way_to_write_an_address_is_no_other_recipient) {
  const auto all = sealed({"\"ina\"@example.com", "bob@example.org.", "eve@b\u00fccher.example"});
  BOOST_TEST(place_of({"ina@example.com", ""}, all).value() == 0U);
  BOOST_TEST(place_of({"bob@example.org", "bob@example.org."}, all).value() == 1U);
  BOOST_TEST(place_of({"eve@xn--bcher-kva.example", ""}, all).value() == 2U);
  BOOST_TEST(!place_of({"eve@bucher.example", ""}, all).has_value());
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

BOOST_AUTO_TEST_CASE(an_orcpt_that_two_recipients_have_means_both_once_they_are_rewritten) {
  std::vector<seal::Contents::Recipient> all{{"a@example.com", "ORCPT=rfc822;list@example.net"},
                                             {"b@example.com", "ORCPT=rfc822;list@example.net"},
                                             {"c@example.com", ""}};
  const auto places = match_recipients({{"box@example.com", "list@example.net"}}, all).at(0);
  BOOST_TEST(places == (std::vector<std::size_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(place_of({"b@example.com", "list@example.net"}, all).value() == 1U);
  BOOST_TEST(!place_of({"box@example.com", "other@example.net"}, all).has_value());
}

BOOST_AUTO_TEST_CASE(an_orcpt_of_another_type_finds_a_rewritten_recipient_too) {
  std::vector<seal::Contents::Recipient> all{{"a@example.com", "ORCPT=X400;C=NL+3BO=Org"},
                                             {"b@example.com", "ORCPT=x400;C=NL+3BO=Other"}};
  const auto asked = original_recipient("x400;C=NL+3BO=Org");
  BOOST_TEST(asked == "x400;C=NL;O=Org");
  BOOST_TEST(place_of({"box@example.com", asked}, all).value() == 0U);
}

BOOST_AUTO_TEST_CASE(an_orcpt_in_utf8_is_the_same_however_it_is_written) {
  std::vector<seal::Contents::Recipient> all{{"a@example.com", "ORCPT=utf-8;b\u00f8b+tag@example.net"}};
  const auto asked = original_recipient("UTF-8;b\\x{F8}b+tag@example.net");
  BOOST_TEST(asked == "b\u00f8b+tag@example.net");
  BOOST_TEST(original_recipient("utf-8;\\x{2B}\\x{20AC}\\x{1F600}") == "+\u20ac\U0001F600");
  BOOST_TEST(place_of({"box@example.com", asked}, all).value() == 0U);
  for (const auto* odd : {"\\x{", "\\x{}", "\\x{110000}", "\\x{g}", "\\x{F8", "\\x{D800}", "x}\\x{"})
    BOOST_TEST(original_recipient(std::string("utf-8;") + odd) == odd, odd);
}

BOOST_AUTO_TEST_CASE(blanks_between_the_brackets_make_no_other_recipient) {
  const auto all = sealed({"ina@example.com ", "\tbob@example.com"});
  BOOST_TEST(place_of({"ina@example.com", ""}, all).value() == 0U);
  BOOST_TEST(place_of({"bob@example.com", "bob@example.com"}, all).value() == 1U);
  BOOST_TEST(place_of({"box@example.com", "ina@example.com"}, all).value() == 0U);
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
}  // namespace pams::test
