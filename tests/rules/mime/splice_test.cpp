#include "rules/mime/splice.hpp"

#include <boost/test/unit_test.hpp>

using pams::Failure;
using pams::mime::apply_splices;
using pams::mime::differs_only_by;
using pams::mime::moved_offset;
using pams::mime::Splice;

BOOST_AUTO_TEST_SUITE(splice)

BOOST_AUTO_TEST_CASE(bytes_outside_the_splices_are_copied_as_they_are) {
  const std::string raw("a\0b\r\xFF\nc", 7);
  const Splice splices[] = {{{1, 1}, "<in>"}, {{3, 5}, ""}, {{7, 7}, "end"}};
  BOOST_TEST(apply_splices(raw, splices).value() == std::string("a<in>\0b\ncend", 12));
}

BOOST_AUTO_TEST_CASE(no_splices_give_the_original_byte_for_byte) {
  BOOST_TEST(apply_splices("as it was", {}).value() == "as it was");
}

BOOST_AUTO_TEST_CASE(splices_that_overlap_run_backwards_or_reach_too_far_are_refused) {
  const Splice overlapping[] = {{{0, 3}, "x"}, {{2, 4}, "y"}};
  const Splice backwards[] = {{{3, 2}, "x"}};
  const Splice too_far[] = {{{4, 9}, "x"}};
  for (const auto& splices : {std::span<const Splice>(overlapping), std::span<const Splice>(backwards),
                              std::span<const Splice>(too_far)}) {
    const auto edited = apply_splices("12345", splices);
    BOOST_REQUIRE(!edited);
    BOOST_CHECK(edited.error().failure == Failure::Refused);
  }
}

BOOST_AUTO_TEST_CASE(any_other_difference_than_the_splices_is_seen) {
  const Splice splices[] = {{{2, 3}, "XX"}};
  BOOST_TEST(differs_only_by("abcde", "abXXde", splices));
  for (const auto* wrong : {"abcde", "aBXXde", "abXYde", "abXXdE", "abXXde.", "abXXd", ""})
    BOOST_TEST(!differs_only_by("abcde", wrong, splices), wrong);
}

BOOST_AUTO_TEST_CASE(an_offset_is_found_again_in_front_of_an_insertion_or_behind_it) {
  const Splice splices[] = {{{2, 2}, "xx"}, {{4, 6}, "y"}};
  BOOST_TEST(moved_offset(1, true, splices) == 1U);
  BOOST_TEST(moved_offset(2, false, splices) == 2U);
  BOOST_TEST(moved_offset(2, true, splices) == 4U);
  BOOST_TEST(moved_offset(4, false, splices) == 6U);
  BOOST_TEST(moved_offset(6, true, splices) == 7U);
  BOOST_TEST(moved_offset(8, false, splices) == 9U);
}

BOOST_AUTO_TEST_SUITE_END()
