#include "rules/unicode/address.hpp"

#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"

namespace pams::test {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

}  // namespace

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(all_ways_to_write_one_address_are_equal) {
  constexpr Pair kSame[] = {
      {"bob@example.org", "\"bob\"@example.org"},
      {"bob@example.org", "\"b\\ob\"@example.org"},
      {"bob@example.org", "b\\ob@example.org"},
      {"bob.smith@example.org", "\"bob\".\"smith\"@example.org"},
      {"bob@example.org", "BOB@Example.ORG."},
      {"\"bob smith\"@example.org", "\"bob\\ smith\"@example.org"},
      {"\"a@b\"@example.org", "\"a\\@b\"@EXAMPLE.org"},
      {"bob@b\u00fccher.example", "bob@xn--bcher-kva.example"},
      {"bob@b\u00fccher.example", "bob@XN--BCHER-KVA.example."},
      {"bob@b\u00fccher.example", "bob@BU\u0308CHER.example"},
      {"bob@example.org", "bob@\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.org"},
      {"bob@example.org", "bob@example\u3002org"},
      {"bob@example.org", "bob@exa\u200bmple.org"},
      {"bob@example.org", "bob@exa\u00admple.\u2060org"},
      {"bob@example.org", "bob@exa\u200cmp\u200dle.org"},
      {"\u00c9VA@example.org", "e\u0301va@example.org"},
      {"bob@-\u00fc.example", "bob@-\u00fc.EXAMPLE"},
      {"bob@[IPv6:2001:DB8::1]", "bob@[ipv6:2001:db8::1]"},
      {"", ""},
      {"postmaster", "POSTMASTER"},
  };
  for (const auto& [a, b] : kSame) BOOST_TEST(address_key(a) == address_key(b), a << " / " << b);
}

BOOST_AUTO_TEST_CASE(two_mailboxes_are_never_one) {
  constexpr Pair kDifferent[] = {
      {"bob@example.org", "bob@ex\u0430mple.org"},  // a Cyrillic letter
      {"bob@example.org", "bob@xn--exmple-4nf.org"},
      {"bob@example.org", "bob@example.org.evil.example"},
      {"bob@example.org", "bob@example.org.."},
      {"bob@example.org", "bob@example\u2024org"},  // no MTA looks that up
      {"bob@example.org", "bob@evil\uff20example.org"},
      {"bob@example.org", "\"bob@example.org\""},
      {"bob@example.org", "\"bob@example.org\"@evil.example"},
      {"bob@example.org", "\"bob\\\"@example.org\"@evil.example"},
      {"bob@example.org", "\"bob \"@example.org"},
      {"bob@example.org", "b\u200bob@example.org"},
      {"\"\"@example.org", "@example.org"},
      {"bob@fa\u00df.example", "bob@fass.example"},
      {"stra\u00dfe@example.org", "strasse@example.org"},
      {"bob@b\u00fccher.example", "bob@bucher.example"},
      {"bob@xn--a.example", "bob@\u0080.example"},
      {"", "\"\""},
  };
  for (const auto& [a, b] : kDifferent) BOOST_TEST(address_key(a) != address_key(b), a << " / " << b);
}

BOOST_AUTO_TEST_CASE(the_canonical_form_keeps_the_letter_case_of_the_local_part) {
  BOOST_TEST(canonical_address("\"Bob\"@B\u00dcCHER.Example.") == "Bob@xn--bcher-kva.example");
  BOOST_TEST(canonical_address("\"B\\\"o b\"@x.example") == "\"B\\\"o b\"@x.example");
  BOOST_TEST(canonical_address("").empty());
}

BOOST_AUTO_TEST_CASE(what_an_mta_looks_up_keeps_a_joiner_that_nobody_sees) {
  BOOST_TEST(looked_up_domain("exa\u200cmple.org") != "example.org");
  BOOST_TEST(canonical_domain("exa\u200cmple.org") == "example.org");
  BOOST_TEST(looked_up_domain("exa\u200bmple.org") == "example.org");
  BOOST_TEST(canonical_domain("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.com") == "xn--mgba3gch31f060k.com");
}

BOOST_AUTO_TEST_CASE(an_invalid_label_spoils_no_other_one) {
  BOOST_TEST(canonical_domain("-\u00fc.B\u00dcCHER.example") == "-\u00fc.xn--bcher-kva.example");
  BOOST_TEST(canonical_domain("XN--\u00fc.Example.") == "xn--\u00fc.example");
  BOOST_TEST(canonical_domain("\xff\xfe.Example") == "\xff\xfe.example");
  BOOST_TEST(canonical_domain("*.B\u00fccher.example") == "*.xn--bcher-kva.example");
  BOOST_TEST(canonical_domain(".") == ".");
  BOOST_TEST(canonical_domain("").empty());
}

BOOST_AUTO_TEST_CASE(patterns_stay_patterns) {
  BOOST_TEST(address_key("Ann*@*.B\u00dccher.example") == "ann*@*.b\u00fccher.example");
  BOOST_TEST(address_key("?nn*") == "?nn*");
  BOOST_TEST(domain_key("b\u00dcch") == "b\u00fcch");
}

BOOST_AUTO_TEST_CASE(any_bytes_have_a_form_that_is_its_own_form) {
  const std::vector<std::string> pieces = {"a",      "B",      ".",      "@",      "\"",        "\\",
                                           " ",      "xn--",   "\u00fc", "\xff",   "\u200c",    "\u200b",
                                           "\u0646", "\uff0e", "\uff20", "-",      "bcher-kva", "\u0301",
                                           "*",      "\u3002", "\u05d0", "\u00df", "\xe2\x80",  "1"};
  std::mt19937 random(13);
  for (int round = 0; round < 20000; ++round) {
    std::string written;
    for (auto count = random() % 12; count > 0; --count) written += pieces[random() % pieces.size()];
    const auto canonical = canonical_address(written);
    BOOST_REQUIRE_MESSAGE(canonical_address(canonical) == canonical, written);
    const auto key = address_key(written);
    BOOST_REQUIRE_MESSAGE(address_key(key) == key, written << " -> " << key << " -> " << address_key(key));
    BOOST_REQUIRE_MESSAGE(address_key(canonical) == key, written << " -> " << canonical << ": " << key);
  }
}

BOOST_AUTO_TEST_CASE(a_long_one_ends_soon) {
  std::string domain;
  for (int i = 0; i < 200000; ++i) domain += "\u00fc.";
  BOOST_TEST(address_key("A@" + domain + "Ab").ends_with(".ab"));
  BOOST_TEST(!address_key(std::string(1000000, '"')).empty());
  BOOST_TEST(!address_key("\u00fc" + std::string(1000000, '\\') + "@x").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace pams::test
