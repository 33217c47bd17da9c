#include "rules/message/envelope.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"

using pams::addresses_in;
using pams::domain_matches;
using pams::domain_of;

namespace {

std::string addresses(std::string_view value) {
  const auto all = addresses_in(value);
  return pams::text::join(all, " | ");
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(envelope)

BOOST_AUTO_TEST_CASE(the_domain_stands_behind_the_last_at_sign) {
  BOOST_TEST(domain_of("A@Example.ORG") == "example.org");
  BOOST_TEST(domain_of("\"a@b\"@c.example") == "c.example");
  BOOST_TEST(domain_of("postmaster").empty());
}

BOOST_AUTO_TEST_CASE(a_wildcard_means_subdomains_and_not_the_domain_itself) {
  BOOST_TEST(domain_matches("Example.org", "example.ORG"));
  BOOST_TEST(domain_matches("a.b.example.org", "*.example.org"));
  BOOST_TEST(!domain_matches("example.org", "*.example.org"));
  BOOST_TEST(!domain_matches("notexample.org", "*.example.org"));
  BOOST_TEST(!domain_matches("sub.example.org", "example.org"));
  BOOST_TEST(!domain_matches("", "*.example.org"));
}

BOOST_AUTO_TEST_CASE(addresses_are_found_in_all_forms_that_rfc_5322_allows) {
  BOOST_TEST(addresses("A <a@x>, g: b@y, c@z;") == "a@x | b@y | c@z");
  BOOST_TEST(addresses("\"Last, First\" <a@x>, (b@no) c@y (comment (nested))") == "a@x | c@y");
  BOOST_TEST(addresses("=?utf-8?Q?Caf=C3=A9?= <a@x>") == "a@x");
  BOOST_TEST(addresses("\"a@b\"@c, \"with \\\" quote, and comma\"@d") ==
             "\"a@b\"@c | \"with \\\" quote, and comma\"@d");
  BOOST_TEST(addresses("<@one,@two:user@example.org>") == "user@example.org");
  BOOST_TEST(addresses("a@[IPv6:2001:db8::1], b@x") == "a@[IPv6:2001:db8::1] | b@x");
  BOOST_TEST(addresses("a . b @ example . org") == "a.b@example.org");
  BOOST_TEST(addresses("undisclosed-recipients:;, a@x") == "a@x");
}

BOOST_AUTO_TEST_CASE(an_address_as_display_name_does_not_count) {
  BOOST_TEST(addresses("boss@corp.example <evil@x>") == "evil@x");
  BOOST_TEST(addresses("\"boss@corp.example\" <evil@x>") == "evil@x");
}

BOOST_AUTO_TEST_CASE(damaged_fields_give_what_can_be_seen) {
  BOOST_TEST(addresses("John a@x") == "a@x");
  BOOST_TEST(addresses("John <a@x, b@y") == "a@x | b@y");
  BOOST_TEST(addresses("\"unclosed <a@x>, b@y") == "a@x | b@y");
  BOOST_TEST(addresses("(unclosed <a@x>") == "a@x");
  BOOST_TEST(addresses("<@ <a@x>, @b@y") == "a@x");
  BOOST_TEST(addresses("root, <root>, @, a@, @b, <>").empty());
}

BOOST_AUTO_TEST_CASE(groups_in_groups_are_not_followed) {
  BOOST_TEST(addresses("g: a@x, h: b@y; , c@z") == "a@x | c@z");
}

BOOST_AUTO_TEST_CASE(hostile_nesting_and_length_cost_neither_stack_nor_timeout) {
  constexpr std::size_t kMany = 500000;
  BOOST_TEST(addresses_in(repeated("g:", kMany)).empty());
  BOOST_TEST(addresses_in(repeated("(", kMany)).empty());
  BOOST_TEST(addresses_in(repeated("<", kMany)).empty());
  BOOST_TEST(addresses_in(repeated("\"", kMany + 1)).empty());
  BOOST_TEST(addresses_in(repeated("[(\"\\", kMany)).empty());
  BOOST_TEST(addresses_in(repeated(",", 100000)).empty());
  BOOST_TEST(addresses_in(repeated("a@x,", kMany)).size() == 1000U);
  BOOST_TEST(addresses_in(repeated(" ", kMany) + "@x").empty());
}

BOOST_AUTO_TEST_SUITE_END()
