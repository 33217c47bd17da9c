#include "milter/mta/postfix/postfix_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams::milter;

BOOST_AUTO_TEST_SUITE(postfix_text)

BOOST_AUTO_TEST_CASE(a_service_is_read_with_its_chroot_and_program) {
  const auto service =
      mta::parse_service("127.0.0.1:10025 inet n   -       y       -       10       smtpd -o a=b");
  BOOST_TEST_REQUIRE(service.has_value());
  BOOST_TEST(service->key() == "127.0.0.1:10025/inet");
  BOOST_TEST(service->chroot == "y");
  BOOST_TEST(service->command == "smtpd");
}

BOOST_AUTO_TEST_CASE(what_is_no_service_is_refused) {
  for (const auto* line : {"", "# smtp inet n - y - - smtpd", "smtp inet n - y - -"})
    BOOST_TEST(!mta::parse_service(line).has_value(), line);
}

BOOST_AUTO_TEST_CASE(a_setting_of_a_service_may_be_empty_and_may_hold_an_equals_sign) {
  const auto empty = mta::parse_service_parameter("127.0.0.1:10025/inet/header_checks =");
  BOOST_TEST_REQUIRE(empty.has_value());
  BOOST_TEST(empty->service == "127.0.0.1:10025/inet");
  BOOST_TEST(empty->name == "header_checks");
  BOOST_TEST(empty->value == "");
  const auto milters =
      mta::parse_service_parameter("smtp/inet/smtpd_milters = { unix:/x, default_action = accept }");
  BOOST_TEST_REQUIRE(milters.has_value());
  BOOST_TEST(milters->value == "{ unix:/x, default_action = accept }");
}

BOOST_AUTO_TEST_CASE(what_stands_in_braces_is_one_element_of_a_list) {
  const auto list = mta::split_list("pcre:{ {/^X:/ DUNNO}, {/^Y:/ DUNNO} }, hash:/a  regexp:/b,");
  BOOST_TEST(
      list == (std::vector<std::string>{"pcre:{ {/^X:/ DUNNO}, {/^Y:/ DUNNO} }", "hash:/a", "regexp:/b"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_brace_that_is_never_closed_or_never_opened_does_no_harm) {
  BOOST_TEST(mta::split_list("{ a, b").size() == 1U);
  BOOST_TEST(mta::split_list("} a, b }").size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_milter_entry_shows_its_own_default_action) {
  const auto entry =
      mta::parse_milter("{ unix:/run/a.sock, default_action=accept, { connect_timeout = 5s } }");
  BOOST_TEST(entry.address == "unix:/run/a.sock");
  BOOST_TEST(entry.options.at("default_action") == "accept");
  BOOST_TEST(entry.options.at("connect_timeout") == "5s");
  BOOST_TEST(mta::parse_milter("inet:127.0.0.1:8891").address == "inet:127.0.0.1:8891");
}

BOOST_AUTO_TEST_CASE(a_header_name_means_itself_in_a_table) {
  BOOST_TEST(mta::regex_escaped("x.y/z+") == "x\\.y\\/z\\+");
}

BOOST_AUTO_TEST_SUITE_END()
