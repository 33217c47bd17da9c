#include "rules/policy/header_firewall.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::gateway;
using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view kInternal =
    "X-MS-Exchange-Organization-SCL: -1\nSubject: a\nX-MS-Exchange-Organization-AuthAs : Internal\n"
    "x-ms-exchange-forest-rulesexecuted: gw\nX-MS-Exchange-CrossTenant-Id: 1\nReceived: by a\n\nHello\n";
const Lines kRemoved{"delete-header X-MS-Exchange-Organization-SCL[1]",
                     "delete-header X-MS-Exchange-Organization-AuthAs[1]",
                     "delete-header x-ms-exchange-forest-rulesexecuted[1]"};
const Client kStranger{"192.0.2.1", "", ""};

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_header_firewall)

BOOST_AUTO_TEST_CASE(a_stranger_cannot_say_what_only_our_servers_tell_each_other) {
  const auto plan = test::evaluate(gateway(""), kInternal, {"x@y.example", {"anna@example.org"}}, kStranger);
  BOOST_TEST(describe(plan) == kRemoved, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_rule_sees_what_a_stranger_says_there) {
  const auto policy = gateway(R"(
[[transport_rule]]
name = "believes it"
[transport_rule.if]
header_matches_patterns = { header = "X-MS-Exchange-Organization-AuthAs", patterns = ["Internal"] }
[[transport_rule.do]]
delete_message = true
)");
  const Envelope inside{"x@y.example", {"anna@example.org"}};
  BOOST_TEST(to_string(test::evaluate(policy, kInternal, inside, kStranger).verdict) == "accept");
  BOOST_TEST(to_string(test::evaluate(policy, kInternal, inside).verdict) == "discard");
}

BOOST_AUTO_TEST_CASE(it_does_not_leave_the_organization) {
  const auto plan = test::evaluate(gateway(""), kInternal);
  BOOST_TEST(describe(plan) == kRemoved, boost::test_tools::per_element());
  BOOST_TEST(test::Bytes(plan.outgoing.wire()) ==
             test::Bytes("Subject: a\r\nX-MS-Exchange-CrossTenant-Id: 1\r\nReceived: by a\r\n\r\nHello\r\n"));
}

BOOST_AUTO_TEST_CASE(zivver_does_not_get_it_either) {
  const auto plan = test::evaluate(gateway(""), "zivver-relay: ab\n" + std::string(kInternal),
                                   {"anna@example.org", {"bob@example.org"}});
  BOOST_TEST(plan.route.value() == "Zivver");
  BOOST_TEST(plan.outgoing.headers.has("zivver-relay"));
  for (const auto& field : plan.outgoing.headers.fields()) BOOST_TEST(!is_internal_to_exchange(field));
}

BOOST_AUTO_TEST_CASE(it_stays_between_our_own_servers) {
  const auto plan =
      test::evaluate(gateway(""), kInternal, {"anna@example.org", {"bob@example.org", "c@m.example.org"}});
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_CASE(a_gateway_that_is_no_part_of_exchange_leaves_them_as_they_are) {
  auto policy = gateway("");
  policy.trust.exchange_online.clear();
  BOOST_TEST(describe(test::evaluate(policy, kInternal)).empty());
}

BOOST_AUTO_TEST_CASE(names_that_only_look_alike_stay) {
  const auto plan =
      test::evaluate(gateway(""), "X-MS-Exchange-Organization: a\nX-MS-Exchange-Forest: b\n\nHello\n");
  BOOST_TEST(describe(plan).empty());
}

BOOST_AUTO_TEST_SUITE_END()
