#include "rules/schema/choices.hpp"

#include <boost/test/unit_test.hpp>

namespace {

enum class Size { Small, Large };
constexpr auto kSizes = pams::schema::choices<Size>({{"small", Size::Small}, {"large", Size::Large}});

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_choices)

BOOST_AUTO_TEST_CASE(a_word_stands_for_its_value) {
  BOOST_TEST((kSizes.at("small") == Size::Small));
  BOOST_TEST((kSizes.at("large") == Size::Large));
  BOOST_TEST(kSizes.names.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_word_that_the_schema_would_have_refused_is_a_fault_of_the_program) {
  BOOST_CHECK_THROW(kSizes.at("Small"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
