#include "milter/seal/old_keys.hpp"

#include <boost/test/unit_test.hpp>

using namespace pams;
using namespace pams::milter;
using namespace pams::milter::seal;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

/// The newest first, by age.
seal::KeyRing ring(const std::vector<std::chrono::hours>& ages) {
  std::vector<seal::Key> keys;
  for (const auto age : ages) keys.push_back(seal::new_key(kNow - age));
  return seal::KeyRing(std::move(keys));
}

std::vector<std::string> ids(const seal::KeyRing& ring) {
  std::vector<std::string> out;
  for (const auto& key : ring.keys()) out.push_back(key.id());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(old_keys)

BOOST_AUTO_TEST_CASE(the_newest_key_stays_however_old_it_is) {
  BOOST_TEST(without_old_keys(ring({10000h}), {}, kNow).keys().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_followed_a_day_ago_goes_unless_the_queue_names_it) {
  const auto all = ring({25h, 100h, 200h});
  const auto remaining = without_old_keys(all, {ids(all)[2]}, kNow);
  BOOST_TEST(ids(remaining) == (std::vector<std::string>{ids(all)[0], ids(all)[2]}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_key_that_was_followed_just_now_stays_for_those_who_still_seal_with_it) {
  const auto all = ring({1h, 500h, 600h});
  BOOST_TEST(without_old_keys(all, {}, kNow).keys().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
