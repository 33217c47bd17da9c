#include "rules/base/ip_range.hpp"

#include <boost/test/unit_test.hpp>

using pams::IpRange;
using pams::parse_ip;

BOOST_AUTO_TEST_SUITE(ip_range)

BOOST_AUTO_TEST_CASE(a_network_may_have_host_bits_set_as_exchange_allows) {
  const auto range = IpRange::parse("192.168.0.1/25");
  BOOST_TEST_REQUIRE(range.has_value());
  BOOST_TEST(range->contains(*parse_ip("192.168.0.127")));
  BOOST_TEST(!range->contains(*parse_ip("192.168.0.128")));
}

BOOST_AUTO_TEST_CASE(a_mapped_ipv6_address_counts_as_ipv4) {
  BOOST_TEST(IpRange::parse("127.0.0.0/8")->contains(*parse_ip("::ffff:127.0.0.1")));
}

BOOST_AUTO_TEST_CASE(an_ipv4_range_never_holds_an_ipv6_address) {
  BOOST_TEST(!IpRange::parse("0.0.0.0/0")->contains(*parse_ip("2001:db8::1")));
}

BOOST_AUTO_TEST_CASE(what_is_no_range_is_refused) {
  for (const auto* text :
       {"", "192.0.2", "192.0.2.1/33", "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "example.org"})
    BOOST_TEST(!IpRange::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
