/// A tree, written as KQL, is read as the same tree.
#include "rules/query/print.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/overloaded.hpp"
#include "rules/query/extent.hpp"
#include "rules/query/kql.hpp"
#include "tests/rules/query/random_query.hpp"

using namespace pams;
using namespace pams::query;

namespace {

bool are_equal(const Query& a, const Query& b);

bool are_equal(const std::vector<QueryPtr>& a, const std::vector<QueryPtr>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return are_equal(*x, *y); });
}

bool are_equal(const Query& a, const Query& b) {
  if (a.node.index() != b.node.index()) return false;
  return std::visit(
      overloaded{
          [&](const And& all) { return are_equal(all.parts, std::get<And>(b.node).parts); },
          [&](const Or& any) { return are_equal(any.parts, std::get<Or>(b.node).parts); },
          [&](const Not& negated) { return are_equal(*negated.part, *std::get<Not>(b.node).part); },
          [&](const auto& leaf) { return leaf == std::get<std::decay_t<decltype(leaf)>>(b.node); },
      },
      a.node);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kql_print)

BOOST_AUTO_TEST_CASE(any_tree_is_read_again_as_it_was) {
  test::RandomQueries random(20261128, {{"a", "AND", "or", "r\xC3\xA9port", "x-y", "12:30", "a=b", "(c",
                                         "..d", "'e", "\xE4\xBC\x9A"},
                                        {"ann", "ann@example.org", "@example.org", "Ann <ann@example.org"},
                                        {"<1@x", "1..2@x", ">1"},
                                        {kFirstSecond, -1, 0, 1, 86399, 1795737599, kLastSecond},
                                        {0, 1, 20000, kNoMaximum - 1}});
  for (int i = 0; i < 5000; ++i) {
    const auto tree = random.next();
    const auto written = to_kql(*tree);
    const auto again = parse_query(written, std::nullopt);
    BOOST_TEST_REQUIRE((again.has_value() || written.size() > 8192),
                       written << ": " << (again ? "" : again.error().what));
    if (again) BOOST_TEST_REQUIRE(are_equal(*tree, **again), written << "\n" << to_kql(**again));
  }
}

BOOST_AUTO_TEST_SUITE_END()
