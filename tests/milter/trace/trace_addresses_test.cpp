#include <boost/test/unit_test.hpp>

#include "milter/trace/trace_query.hpp"
#include "tests/milter/trace/trace_fixture.hpp"

using namespace pams::milter::trace;
using namespace pams::test;

BOOST_FIXTURE_TEST_SUITE(trace_addresses, TraceFixture)

BOOST_AUTO_TEST_CASE(an_address_is_found_in_any_of_its_forms) {
  auto one = message("8A3DAA7A068", {"\"bob\"@b\u00fccher.example.", "\"a b\"@other.example"});
  one.sender = "Anna@xn--bcher-kva.example";
  write(one);
  const auto count = [&](auto member, const std::string& wanted) {
    Filter filter;
    filter.*member = wanted;
    return rows(filter).size();
  };
  for (const auto* bob : {"bob@xn--bcher-kva.example", "\"b\\ob\"@B\u00dcCHER.example",
                          "*@XN--bcher-kva.example.", "@bu\u0308cher.example", "b?b@b\u00fc*.example"})
    BOOST_TEST(count(&Filter::recipient, bob) == 1U, bob);
  for (const auto* anna : {"\"anna\"@b\u00fccher.example", "@b\u00fccher.example", "an*@*"})
    BOOST_TEST(count(&Filter::sender, anna) == 2U, anna);
  BOOST_TEST(count(&Filter::recipient, "\"a\\ b\"@Other.example") == 1U);
  BOOST_TEST(count(&Filter::recipient, "bob@bucher.example") == 0U);
  BOOST_TEST(count(&Filter::text, "B\u00fcch") == 2U);
  BOOST_TEST(count(&Filter::text, "xn--bcher-kva.example") == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
