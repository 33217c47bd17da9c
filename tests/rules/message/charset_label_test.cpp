#include "rules/message/charset_label.hpp"

#include <boost/test/unit_test.hpp>

using pams::charset_names;

BOOST_AUTO_TEST_SUITE(charset_label)

BOOST_AUTO_TEST_CASE(a_set_is_known_by_its_name_in_any_letter_case) {
  BOOST_TEST(charset_names("ISO-8859-15").reading == "ISO-8859-15");
  BOOST_TEST(charset_names(" \"gb2312\" ").reading == "GB18030");
  BOOST_TEST(charset_names("x-made-up").reading == "");
}

BOOST_AUTO_TEST_CASE(labels_that_browsers_and_mail_programs_know_mean_what_they_mean_there) {
  constexpr std::pair<const char*, const char*> kSome[] = {
      {"unicode-1-1-utf-8", "UTF-8"}, {"koi8r", "KOI8-R"},        {"koi8_r", "KOI8-R"},
      {"x-cp1252", "CP1252"},         {"us-ascii", "US-ASCII"},   {"iso-8859-1", "CP1252"},
      {"latin1", "CP1252"},           {"iso-8859-9", "CP1254"},   {"l5", "CP1254"},
      {"tis-620", "CP874"},           {"iso-8859-11", "CP874"},   {"sjis", "CP932"},
      {"ms_kanji", "CP932"},          {"x-sjis", "CP932"},        {"dos-874", "CP874"},
      {"visual", "ISO-8859-8"},       {"logical", "ISO-8859-8"},  {"sun_eu_greek", "ISO-8859-7"},
      {"x-x-big5", "BIG5-HKSCS"},     {"korean", "CP949"},        {"unicode", "UTF-16LE"},
      {"x-mac-ukrainian", "MAC-UK"},  {"chinese", "GB18030"},     {"csiso2022jp", "ISO-2022-JP"},
      {"hz-gb-2312", "HZ"},           {"x-user-defined", ""},     {"866", "IBM866"},
      {"iso-2022-kr", "iso-2022-kr"}, {"unicodefffe", "UTF-16BE"}};
  for (const auto& [label, reading] : kSome) BOOST_TEST(charset_names(label).reading == reading, label);
}

BOOST_AUTO_TEST_CASE(what_a_label_says_to_the_letter_is_kept_for_writing) {
  BOOST_TEST(charset_names("latin1").writing == "ISO-8859-1");
  BOOST_TEST(charset_names("windows-1252").writing == "CP1252");
  BOOST_TEST(charset_names("gb2312").writing == "EUC-CN");
  BOOST_TEST(charset_names("iso-8859-9").writing == "ISO-8859-9");
}

BOOST_AUTO_TEST_CASE(a_sender_cannot_make_up_ever_new_names_of_one_set) {
  // glibc drops these bytes, and each name that it knows keeps a converter open.
  for (const char byte : std::string_view("!\"#$%&'()*+;<=>?@[\\]^`{|}~ /"))
    BOOST_TEST(charset_names(std::string("u") + byte + "tf-8").reading == "", byte);
}

BOOST_AUTO_TEST_SUITE_END()
