#include "rules/mime/byte_fields.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers

BOOST_AUTO_TEST_SUITE(byte_fields)

BOOST_AUTO_TEST_CASE(an_edited_message_no_longer_tells_its_old_bytes) {
  BOOST_TEST(Bytes(applied(R"(
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Subject: x
content-length : 7
Content-Digest: sha-256=:x:,
 sha-512=:y:
Repr-Digest: sha-256=:x:
X-Content-MD5: x

Hello
)"_eml,
                           ascii_disclaimer())) == Bytes(R"(
Subject: x
X-Content-MD5: x

Hello

Notice
)"_eml));
}

BOOST_AUTO_TEST_CASE(of_several_parts_only_the_edited_ones_lose_these_fields) {
  const std::string attached = R"(--b
Content-Type: image/png
Content-MD5: x
Content-Length: 1

x
--b--
)"_eml;
  for (const auto& [disclaimer, text] :
       {std::pair(ascii_disclaimer(), "Hello\r\n\r\nNotice\r\n\r\n"),
        std::pair(euro_disclaimer(), "Hello\r\n\r\n=C3=A9=C3=A9n =E2=82=AC\r\n\r\n")}) {
    const bool is_ascii = disclaimer.text == "Notice";
    const std::string label =
        is_ascii ? "Content-Type: text/plain\r\n" : "Content-Type: text/plain; charset=utf-8\r\n";
    const std::string encoding = is_ascii ? "" : "Content-Transfer-Encoding: quoted-printable\r\n";
    const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
    BOOST_TEST(Bytes(applied(head + "Content-Length: 5\r\n folded\r\nContent-Type: text/plain\r\n" +
                                 "CONTENT-MD5: x\r\n\r\nHello\r\n\r\n" + attached,
                             disclaimer)) == Bytes(head + label + encoding + "\r\n" + text + attached));
  }
}

BOOST_AUTO_TEST_CASE(a_part_with_nothing_else_in_its_header_has_none_afterwards) {
  BOOST_TEST(
      Bytes(
          applied("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-MD5: x\r\n\r\nHi\r\n--b--",
                  ascii_disclaimer())) ==
      Bytes("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n\r\nNotice\r\n\r\n--b--"));
}

BOOST_AUTO_TEST_SUITE_END()
