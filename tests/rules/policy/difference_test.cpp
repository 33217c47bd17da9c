#include "rules/policy/difference.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::Bytes;

namespace {

struct Made {
  std::vector<std::string> effects;
  std::string leaves;
};

Made made(std::string_view received, std::string_view wanted) {
  const auto from = parse_message(received);
  const auto effects = difference(from, parse_message(wanted));
  Made made{{}, carry_out(from, effects).wire()};
  for (const auto& effect : effects) made.effects.push_back(describe(effect));
  return made;
}

using Lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_difference)

BOOST_AUTO_TEST_CASE(a_message_that_stays_as_it_is_has_no_effects) {
  const auto m = made("Subject: a\nX-A:  odd\n fold\n\nb\n", "Subject: a\nX-A:  odd\n fold\n\nb\n");
  BOOST_TEST(m.effects.empty());
  BOOST_TEST(Bytes(m.leaves) == Bytes("Subject: a\r\nX-A:  odd\r\n fold\r\n\r\nb\r\n"));
}

BOOST_AUTO_TEST_CASE(deletions_of_one_name_come_highest_number_first) {
  const auto m = made("X-A: 1\nSubject: a\nx-a: 2\nX-A : 3\n\n", "Subject: a\n\n");
  BOOST_TEST(m.effects == (Lines{"delete-header X-A[3]", "delete-header x-a[2]", "delete-header X-A[1]"}),
             boost::test_tools::per_element());
  BOOST_TEST(Bytes(m.leaves) == Bytes("Subject: a\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(one_field_among_its_namesakes_is_changed_by_its_number) {
  const auto m = made("R: 1\nR: 2\nR: 3\n\n", "R: 1\nR: two\nR: 3\n\n");
  BOOST_TEST(m.effects == (Lines{"change-header R[2] R: two"}), boost::test_tools::per_element());
  BOOST_TEST(Bytes(m.leaves) == Bytes("R: 1\r\nR: two\r\nR: 3\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(a_field_in_the_middle_is_deleted_alone) {
  const auto m = made("R: 1\nR: 2\nR: 3\n\n", "R: 1\nR: 3\n\n");
  BOOST_TEST(m.effects == (Lines{"delete-header R[2]"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_field_goes_to_the_end_as_the_mta_would_put_it) {
  const auto m = made("R: 1\nSubject: a\n\nb\n", "X-New: n\nR: 0\nR: 1\nSubject: a\n\nb\n");
  BOOST_TEST(m.effects == (Lines{"change-header R[1] R: 0", "add-header R: 1", "add-header X-New: n"}),
             boost::test_tools::per_element());
  BOOST_TEST(Bytes(m.leaves) == Bytes("R: 0\r\nSubject: a\r\nR: 1\r\nX-New: n\r\n\r\nb\r\n"));
}

BOOST_AUTO_TEST_CASE(the_body_is_replaced_only_when_it_differs) {
  BOOST_TEST(made("A: 1\n\nbody\n", "A: 1\n\nBODY\n").effects == (Lines{"replace-body 6 bytes"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_new_body_is_set_apart_from_the_header_as_the_mta_does) {
  BOOST_TEST(Bytes(made("A: 1\nno field\n", "A: 1\n\nBODY\n").leaves) == Bytes("A: 1\r\n\r\nBODY\r\n"));
  BOOST_TEST(Bytes(made("A: 1", "A: 1\n\nBODY\n").leaves) == Bytes("A: 1\r\n\r\nBODY\r\n"));
  BOOST_TEST(Bytes(made("A: 1\nno field\n", "A: 2\nno field\n").leaves) == Bytes("A: 2\r\nno field\r\n"));
}

BOOST_AUTO_TEST_CASE(thousands_of_fields_are_compared_in_linear_time) {
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "X-A: " + std::to_string(i % 7) + "\n";
  const auto m = made(many + "\n", "Subject: a\n\n");
  BOOST_TEST(m.effects.size() == 20001U);
}

BOOST_AUTO_TEST_CASE(a_description_is_one_safe_line) {
  BOOST_TEST(describe(AddHeader{"X-A", " a\r\n b \x1B[0m"}) == "add-header X-A: a b \\x1b[0m");
  BOOST_TEST(describe(ReturnHeadersOnly{}) == "return-headers-only");
  BOOST_TEST(describe(AddRecipient{"a@b.example"}) == "add-recipient a@b.example");
}

BOOST_AUTO_TEST_CASE(a_plan_is_described_in_the_order_in_which_it_is_carried_out) {
  Plan plan;
  plan.effects = {ReturnHeadersOnly{}, AddRecipient{"a@b.example"}};
  plan.route = "Zivver";
  plan.archives = {"compliance", "second"};
  BOOST_TEST(describe(plan) == (Lines{"archive compliance", "archive second", "route-via Zivver",
                                      "return-headers-only", "add-recipient a@b.example"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
