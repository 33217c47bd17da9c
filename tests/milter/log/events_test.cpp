#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "milter/log/log.hpp"
#include "tests/support/table.hpp"

using namespace pams;
using namespace pams::milter;
namespace data = boost::unit_test::data;

namespace {
const auto kAll = test::rows_of(log::events());
}

BOOST_AUTO_TEST_SUITE(log_events)

BOOST_AUTO_TEST_CASE(names_are_unique) { BOOST_TEST(test::repeated_name(kAll) == ""); }

BOOST_DATA_TEST_CASE(every_event_has_a_name_that_needs_no_quotes, data::make(kAll), event) {
  BOOST_TEST(std::ranges::all_of(event->name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
}

BOOST_DATA_TEST_CASE(every_event_has_a_meaning, data::make(kAll), event) {
  BOOST_TEST(test::is_sentence(event->meaning));
}

BOOST_DATA_TEST_CASE(every_event_that_calls_somebody_says_what_to_do, data::make(kAll), event) {
  const bool calls = event->level >= log::Level::Warning;
  BOOST_TEST((event->remedy.empty() ? !calls : test::is_sentence(event->remedy)));
  // A remedy says what to do; where to look alone is none, nor is what cannot be done.
  for (const auto* no_remedy : {"See ", "What ", "Nothing"})
    BOOST_TEST(!event->remedy.starts_with(no_remedy), event->name);
}

BOOST_AUTO_TEST_SUITE_END()
