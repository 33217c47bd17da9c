#include "milter/archive/audit_details.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams::milter::archive;

BOOST_AUTO_TEST_SUITE(audit_details)

/// The chain's hashes cover these bytes.
BOOST_AUTO_TEST_CASE(they_are_one_object_in_the_order_given) {
  BOOST_TEST(to_details({{"name", "case 7"}}) == R"({"name":"case 7"})");
  BOOST_TEST(to_details({{"query", "from:ann"}, {"name", "a\"b"}}) ==
             R"({"query":"from:ann","name":"a\"b"})");
}

BOOST_AUTO_TEST_CASE(a_text_is_found_by_its_name_and_nothing_in_what_is_no_such_object) {
  const auto details = to_details({{"older_than", "30d"}, {"records", "1-5"}});
  BOOST_TEST(text_in_details(details, "records") == "1-5");
  BOOST_TEST(text_in_details(details, "outcomes") == "");
  for (const auto* other : {"", "{", "[\"records\"]", "\"records\"", "{\"records\":5}"})
    BOOST_TEST(text_in_details(other, "records") == "", other);
}

BOOST_AUTO_TEST_SUITE_END()
