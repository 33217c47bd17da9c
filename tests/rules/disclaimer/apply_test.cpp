/// Where in a message the disclaimer goes.
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers
using pams::text::replace_all;
using std::literals::operator""s;

namespace {

/// Each "<<...>>" in `expected` is inserted; without them it is the original.
void check(const std::string& expected, const pams::disclaimer::Disclaimer& disclaimer) {
  std::string original, edited;
  for (std::size_t at = 0; at < expected.size();) {
    const auto begin = expected.find("<<", at);
    const auto end = expected.find(">>", begin);
    original += expected.substr(at, begin - at);
    edited += expected.substr(at, begin - at);
    if (begin == std::string::npos) break;
    edited += expected.substr(begin + 2, end - begin - 2);
    at = end + 2;
  }
  BOOST_TEST(Bytes(applied(original, disclaimer)) == Bytes(edited));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(apply_disclaimer)

BOOST_AUTO_TEST_CASE(a_plain_text_is_followed_by_an_empty_line_and_the_disclaimer) {
  check("Subject: x\r\n\r\nHello\r\n<<\r\nNotice\r\n>>", ascii_disclaimer());
  check("Subject: x\r\n\r\nHello\r\n\r\n<<Notice\r\n>>", ascii_disclaimer());
  check("Subject: x\r\n\r\nno line end<<\r\n\r\nNotice\r\n>>", ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(a_prepended_disclaimer_stands_before_the_text) {
  check("Subject: x\r\n\r\n<<Notice\r\n\r\n>>Hello\r\n", prepended(ascii_disclaimer()));
  check(
      "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xEF\xBB\xBF<<Notice\r\n\r\n>>Hello\r\n",
      prepended(ascii_disclaimer()));
}

BOOST_AUTO_TEST_CASE(an_empty_body_becomes_the_disclaimer_alone) {
  check("Subject: x\r\n\r\n<<Notice\r\n>>", ascii_disclaimer());
  check("Subject: x\r\n\r\n<<Notice\r\n>>", prepended(ascii_disclaimer()));
}

BOOST_AUTO_TEST_CASE(outlooks_mixed_related_alternative_gets_it_in_both_renderings_only) {
  check(R"(
MIME-Version: 1.0
Content-Type: multipart/mixed;
	boundary="_004_"

This is a preamble.
--_004_
Content-Type: multipart/related; boundary="_003_"; type="multipart/alternative"

--_003_
Content-Type: multipart/alternative;  boundary="_000_"

--_000_  
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Hello
<<
Notice
>>
--_000_
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><head><style>p.MsoNormal =7B }</style></head><body lang=3D"NL"><img src=3D"cid:logo">=
<<
<p>Notice</p>
>></body></html>

--_000_--
epilogue of the alternative
--_003_
Content-Type: image/png; name="logo.png"
Content-ID: <logo>
Content-Transfer-Encoding: base64

iVBORw0KGgo=

--_003_--

--_004_
Content-Type: text/plain; name="notes.txt"
Content-Disposition: attachment; filename="notes.txt"

attached text

--_004_--
epilogue)"_eml,
        ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(of_several_texts_in_a_row_one_gets_it) {
  const auto message = R"(
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p>one</p>1
--b
Content-Type: image/png

x
--b
Content-Type: text/plain

two2
--b--
)"_eml;
  const auto append = replace_all(replace_all(message, "1\r\n", "\r\n"), "two2", "two<<\r\n\r\nNotice\r\n>>");
  check(append, ascii_disclaimer());
  const auto prepend =
      replace_all(replace_all(message, "1\r\n", "\r\n"), "<p>one</p>", "<<<p>Notice</p>\r\n>><p>one</p>");
  check(replace_all(prepend, "two2", "two"), prepended(ascii_disclaimer()));
}

BOOST_AUTO_TEST_CASE(a_named_text_gets_it_only_when_there_is_no_other) {
  check(R"(
Content-Type: multipart/mixed; boundary=b

--b

Hello
<<
Notice
>>
--b
Content-Type: text/plain; name=log.txt

log
--b--
)"_eml,
        ascii_disclaimer());
  check("Content-Type: text/plain; name=a.txt\r\n\r\nHello\r\n<<\r\nNotice\r\n>>", ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(of_a_related_only_the_root_that_start_names_gets_it) {
  check(R"(
Content-Type: multipart/related; boundary=b; start="<root@x>"

--b
Content-Type: text/html
Content-ID: <other@x>

<p>frame</p>
--b
Content-Type: text/html
Content-ID: <root@x>

<body>root<<
<p>Notice</p>
>></body>
--b--
)"_eml,
        ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(everything_beside_the_body_text_stays_as_it_is) {
  check(R"(
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/signed; boundary=s; protocol="application/pgp-signature"

--s

signed text
--s
Content-Type: application/pgp-signature

sig
--s--

--b
Content-Type: text/plain; charset=us-ascii

list footer<<

Notice
>>
--b
Content-Type: message/rfc822

Subject: inner

inner text
--b
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
--b
Content-Type: application/ms-tnef; name=winmail.dat

tnef
--b
Content-Type: text/plain
Content-Disposition: x-unknown

counts as an attachment
--b--
)"_eml,
        ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(a_missing_close_delimiter_is_not_added) {
  check("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n<<\r\nNotice\r\n>>",
        ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(similar_boundaries_and_delimiters_with_blanks_are_kept_apart) {
  check(R"(
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary="b--b"

--b--b
Content-Type: text/plain

--bb is no delimiter
<<
Notice
>>
--b--b--	
--b--
)"_eml,
        ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(html_without_block_gets_one_of_its_own) {
  auto disclaimer = ascii_disclaimer();
  disclaimer.html = "Notice <b>bold</b>";
  check("Content-Type: text/html\r\n\r\n<p>x</p>\r\n<<<div>Notice <b>bold</b></div>\r\n>>", disclaimer);
}

BOOST_AUTO_TEST_CASE(a_flowed_text_is_ended_first_and_its_lines_are_stuffed) {
  auto disclaimer = ascii_disclaimer();
  disclaimer.text = " indented\n> quote\nFrom here";
  check(
      "Content-Type: text/plain; format=flowed\r\n\r\nsoft \r\n<<\r\n\r\n  indented\r\n > quote\r\n From here\r\n>>",
      disclaimer);
  check(
      "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nhard\r\n-- \r\n<<\r\n  indented\r\n > quote\r\n From here\r\n>>",
      disclaimer);
  check("Content-Type: text/plain\r\n\r\nnot flowed \r\n<<\r\n indented\r\n> quote\r\nFrom here\r\n>>",
        disclaimer);
}

BOOST_AUTO_TEST_CASE(odd_bytes_of_the_text_stay) {
  const auto odd = "Subject: x\r\n\r\nNUL \0 bare CR \r and 8-bit \xFF\r\n<<\r\nNotice\r\n>>"s;
  check(odd, ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(a_part_without_a_blank_line_is_left_alone) {
  check(R"(
Content-Type: multipart/mixed; boundary=b

--b

Hello
<<
Notice
>>
--b
--b
Content-Type: text/plain
--b--
)"_eml,
        ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(a_large_message_keeps_its_attachment) {
  std::string attachment;
  while (attachment.size() < 12U << 20U)
    attachment += "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJz\r\n";
  check(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n<<\r\nNotice\r\n>>\r\n--b\r\n"
      "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
          attachment + "--b--\r\n",
      ascii_disclaimer());
}

BOOST_AUTO_TEST_SUITE_END()
