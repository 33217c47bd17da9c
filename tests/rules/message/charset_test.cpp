#include "rules/message/charset.hpp"

#include <boost/test/unit_test.hpp>

using pams::iconv_name;

BOOST_AUTO_TEST_SUITE(charset)

BOOST_AUTO_TEST_CASE(a_set_is_known_by_its_name_in_any_letter_case) {
  BOOST_TEST(iconv_name("ISO-8859-1") == "iso-8859-1");
  BOOST_TEST(iconv_name(" \"gb2312\" ") == "GB18030");
  BOOST_TEST(iconv_name("x-made-up") == "");
}

BOOST_AUTO_TEST_CASE(a_sender_cannot_make_up_ever_new_names_of_one_set) {
  // glibc drops these bytes, and each name that it knows keeps a converter open.
  for (const char byte : std::string_view("!\"#$%&'()*+;<=>?@[\\]^`{|}~ /"))
    BOOST_TEST(iconv_name(std::string("u") + byte + "tf-8") == "", byte);
}

BOOST_AUTO_TEST_SUITE_END()
