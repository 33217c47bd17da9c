#include "milter/config/route_token.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "tests/support/temporary_folder.hpp"

using namespace pams;
using namespace pams::milter;

BOOST_AUTO_TEST_SUITE(route_token)

BOOST_AUTO_TEST_CASE(a_new_token_is_long_secret_and_stays_what_it_is) {
  const test::TemporaryFolder folder;
  const auto path = folder / "route.token";
  const auto token = ensure_route_token(path);
  BOOST_TEST_REQUIRE(token.has_value());
  BOOST_TEST(token->size() == 64U);
  struct stat status {};
  BOOST_TEST_REQUIRE(stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0640U);
  BOOST_TEST(ensure_route_token(path).value() == *token);
  BOOST_TEST(read_route_token(path).value() == *token);
}

BOOST_AUTO_TEST_CASE(a_token_that_others_can_read_is_not_believed) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("route.token", "0123456789abcdef0123456789abcdef\n");
  chmod(path.c_str(), 0644);
  const auto token = read_route_token(path);
  BOOST_TEST_REQUIRE(!token.has_value());
  BOOST_TEST(token.error().what.find("chmod o= ") != std::string::npos);
  BOOST_TEST(!ensure_route_token(path).has_value());
}

BOOST_AUTO_TEST_CASE(what_could_break_out_of_a_header_or_a_pattern_is_no_token) {
  const test::TemporaryFolder folder;
  for (const auto* content :
       {"", "short", "0123456789abcdef 0123456789abcdef", "0123456789abcdef.*", "0123456789abcdef\r\nX: y"}) {
    const auto path = folder.write("route.token", content);
    chmod(path.c_str(), 0640);
    BOOST_TEST(!read_route_token(path).has_value(), content);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_token_says_which_command_makes_it) {
  const auto token = read_route_token("/nonexistent/route.token");
  BOOST_TEST_REQUIRE(!token.has_value());
  BOOST_TEST(token.error().what.find("pamsctl setup postfix --apply") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
