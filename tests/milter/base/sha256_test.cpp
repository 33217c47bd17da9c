#include "milter/base/sha256.hpp"

#include <boost/test/unit_test.hpp>

using pams::milter::Sha256;

BOOST_AUTO_TEST_SUITE(sha256)

BOOST_AUTO_TEST_CASE(it_gives_the_digests_of_fips_180_4) {
  BOOST_TEST(Sha256().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(Sha256().add("a").add("").add("bc").hex() ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_SUITE_END()
