#include "milter/config/listen.hpp"

#include <boost/test/unit_test.hpp>

using pams::milter::parse_listen;

BOOST_AUTO_TEST_SUITE(listen)

BOOST_AUTO_TEST_CASE(libmilter_and_postfix_spell_the_same_address_differently_and_both_are_understood) {
  for (const auto* text : {"inet:8894@127.0.0.1", "inet:127.0.0.1:8894"}) {
    const auto listen = parse_listen(text);
    BOOST_TEST_REQUIRE(listen.has_value(), text);
    BOOST_TEST(listen->for_libmilter() == "inet:8894@127.0.0.1");
    BOOST_TEST(listen->for_postfix() == "inet:127.0.0.1:8894");
  }
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_keeps_its_brackets_where_postfix_wants_them) {
  const auto listen = parse_listen("inet6:8894@::1");
  BOOST_TEST_REQUIRE(listen.has_value());
  BOOST_TEST(listen->for_libmilter() == "inet6:8894@::1");
  BOOST_TEST(listen->for_postfix() == "inet:[::1]:8894");
}

BOOST_AUTO_TEST_CASE(what_nobody_could_bind_is_refused_with_the_forms_that_exist) {
  for (const auto& text : {std::string("8894"), std::string("inet:"), std::string("inet:0@127.0.0.1"),
                           std::string("inet:70000@127.0.0.1"), std::string("unix:relative/pams.sock"),
                           "unix:/" + std::string(107, 'x')})
    BOOST_TEST(!parse_listen(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
