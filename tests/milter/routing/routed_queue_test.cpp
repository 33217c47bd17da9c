#include "milter/routing/routed_queue.hpp"

#include <boost/test/unit_test.hpp>

#include "milter/seal/carrier.hpp"

using namespace pams;
using namespace pams::milter;

namespace {
const std::string kSealed =
    "X-PAMS-Sealed: " + seal::to_value({std::string(32, 'a'), std::string(16, 'b'), "pams"}) + "\n";
}  // namespace

BOOST_AUTO_TEST_SUITE(routed_queue)

BOOST_AUTO_TEST_CASE(flagged_mail_and_carriers_are_told_apart_and_other_mail_is_left_alone) {
  routing::RoutedQueue queue;
  queue.add("A", "From: ann@example.org\nZivver-Relay : x\n", "zivver-relay");
  queue.add("B", "From: ann@example.org\n" + kSealed, "zivver-relay");
  queue.add("C", "From: ann@example.org\nSubject: zivver-relay: x\n zivver-relay: y\n", "zivver-relay");
  BOOST_TEST(queue.unsealed == 1U);
  BOOST_TEST(queue.an_unsealed == "A");
  BOOST_TEST(queue.sealed == 1U);
  BOOST_TEST(queue.a_sealed == "B");
  BOOST_TEST(queue.keys.at(std::string(16, 'b')) == 1U);
}

BOOST_AUTO_TEST_CASE(a_folded_field_names_its_key_too) {
  routing::RoutedQueue queue;
  auto folded = kSealed;
  folded.replace(folded.find("; key"), 2, ";\n\t");
  queue.add("A", folded, "zivver-relay");
  BOOST_TEST(queue.keys.contains(std::string(16, 'b')));
}

BOOST_AUTO_TEST_CASE(a_forged_field_in_flagged_mail_does_not_make_it_sealed) {
  routing::RoutedQueue queue;
  queue.add("A", kSealed + "zivver-relay: x\n", "zivver-relay");
  BOOST_TEST(queue.unsealed == 1U);
  BOOST_TEST(queue.sealed == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
