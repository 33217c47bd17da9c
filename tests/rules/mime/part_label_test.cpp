#include "rules/mime/part_label.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/message/mime_map.hpp"
#include "tests/support/eml.hpp"

using namespace pams::test;  // _eml
using pams::Headers;
using pams::mime::relabel;
using pams::mime::with_charset;

BOOST_AUTO_TEST_SUITE(part_label)

BOOST_AUTO_TEST_CASE(only_the_charsets_value_is_replaced) {
  BOOST_TEST(with_charset(" text/plain; charset=us-ascii", "utf-8").value() == " text/plain; charset=utf-8");
  BOOST_TEST(
      with_charset(" Text/PLAIN ;\r\n\tformat=flowed; CharSet = \"iso-8859-1\" ;\r\n delsp=yes", "utf-8")
          .value() == " Text/PLAIN ;\r\n\tformat=flowed; CharSet = \"utf-8\" ;\r\n delsp=yes");
  BOOST_TEST(
      with_charset(" text/plain (charset=x; \\) y) ; name=\"charset=z\"; charset=a (b)", "utf-8").value() ==
      " text/plain (charset=x; \\) y) ; name=\"charset=z\"; charset=utf-8 (b)");
}

BOOST_AUTO_TEST_CASE(a_missing_or_empty_charset_is_filled_in) {
  BOOST_TEST(with_charset(" text/plain", "utf-8").value() == " text/plain; charset=utf-8");
  BOOST_TEST(with_charset(" text/plain;", "utf-8").value() == " text/plain; charset=utf-8");
  BOOST_TEST(with_charset(" text/plain; charset=", "utf-8").value() == " text/plain; charset=utf-8");
  BOOST_TEST(with_charset(" text/plain; charset=; format=flowed", "utf-8").value() ==
             " text/plain; charset=utf-8; format=flowed");
}

BOOST_AUTO_TEST_CASE(a_charset_in_the_coding_of_rfc_2231_becomes_a_plain_one) {
  BOOST_TEST(with_charset(" text/plain; charset*=us-ascii'en'us-ascii; format=flowed", "utf-8").value() ==
             " text/plain; charset=utf-8; format=flowed");
}

BOOST_AUTO_TEST_CASE(what_readers_may_read_differently_is_not_changed) {
  for (const auto* value :
       {" text/plain; charset=a; charset=b", " text/plain; charset*0=ut; charset*1=f-8",
        " text/plain; charset=\"open", " text/plain; charset=a (open", " text/plain; charset"})
    BOOST_TEST(!with_charset(value, "utf-8").has_value(), value);
}

BOOST_AUTO_TEST_CASE(a_message_without_mime_fields_gets_all_three) {
  Headers headers;
  headers.append({"Subject", " x"});
  BOOST_REQUIRE(relabel(headers, {"utf-8", "quoted-printable"}));
  BOOST_TEST(headers.wire() ==
             "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
             "Content-Transfer-Encoding: quoted-printable\r\n");
}

BOOST_AUTO_TEST_CASE(a_message_with_content_fields_gets_no_mime_version) {
  Headers headers;
  headers.append({"Content-Type", " text/plain; charset=us-ascii"});
  headers.append({"Subject", " x"});
  BOOST_REQUIRE(relabel(headers, {"utf-8", "quoted-printable"}));
  BOOST_TEST(headers.wire() ==
             "Content-Type: text/plain; charset=utf-8\r\nSubject: x\r\n"
             "Content-Transfer-Encoding: quoted-printable\r\n");
}

BOOST_AUTO_TEST_CASE(the_fields_of_a_nested_part_are_changed_in_place) {
  const auto message = pams::parse_message(R"(
Content-Type: multipart/mixed; boundary=b

--b
X-Before: Content-Type: image/gif
Content-Transfer-Encoding:   7bit
content-type : text/plain;
 charset=us-ascii

Hello
--b--
)"_eml);
  const auto body = message.body.view();
  const auto map = map_mime(message, {}).value();
  const auto splices = relabel(body, map.parts[1], {"utf-8", "quoted-printable"}).value();
  BOOST_TEST(pams::mime::apply_splices(body, splices).value() == R"(
--b
X-Before: Content-Type: image/gif
Content-Transfer-Encoding:   quoted-printable
content-type : text/plain;
 charset=utf-8

Hello
--b--
)"_eml);
}

BOOST_AUTO_TEST_SUITE_END()
