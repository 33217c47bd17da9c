/// A message of attachments only gets the disclaimer in a part of its own.
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "rules/message/content.hpp"
#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers
using pams::MimeLimits;
using pams::text::replace_all;

namespace {

pams::Result<pams::Message> try_add(std::string_view eml, const pams::disclaimer::Disclaimer& disclaimer,
                                    const MimeLimits& limits = {}) {
  const auto message = pams::parse_message(eml);
  return add_part(message, map_mime(message, {}).value(), disclaimer, limits);
}

std::string added(std::string_view eml, const pams::disclaimer::Disclaimer& disclaimer) {
  return try_add(eml, disclaimer).value().wire();
}

/// The part of `ascii_disclaimer`, from its delimiter on; `boundary` is its own.
std::string own_part(const std::string& delimiter, const std::string& boundary = "=_pams-wrap-00000000") {
  return replace_all(replace_all(R"(
--DELIMITER
Content-Type: multipart/alternative; boundary="OWN"

--OWN
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Notice
--OWN
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Notice</p>
--OWN--
)"_eml,
                                 "DELIMITER", delimiter),
                     "OWN", boundary);
}

/// `expected` holds <<>> where the own part stands in a multipart/mixed with the boundary b.
void check_inside(const std::string& expected, const pams::disclaimer::Disclaimer& disclaimer,
                  const std::string& line_break = "") {
  BOOST_TEST(Bytes(added(replace_all(expected, "<<>>", ""), disclaimer)) ==
             Bytes(replace_all(expected, "<<>>", line_break + own_part("b"))));
}

const auto kOutside = "=_pams-wrap-00000000";
const auto kInside = "=_pams-wrap-00000001";

}  // namespace

BOOST_AUTO_TEST_SUITE(own_part_of_disclaimer)

BOOST_AUTO_TEST_CASE(an_appended_one_is_the_last_part_of_a_mixed_message_and_all_else_stays) {
  check_inside(R"(
Content-Type: multipart/mixed; boundary=b

Preamble.
--b  
Content-Type: application/pdf

%PDF
--b
Content-Type: image/png

x

<<>>--b--
Epilogue.
)"_eml,
               ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(a_prepended_one_is_the_first) {
  check_inside(R"(
Content-Type: multipart/mixed; boundary=b

Preamble.
<<>>--b  
Content-Type: application/pdf

%PDF
--b--
)"_eml,
               prepended(ascii_disclaimer()));
  check_inside(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n<<>>--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--",
      prepended(ascii_disclaimer()));
}

BOOST_AUTO_TEST_CASE(a_message_that_was_cut_off_ends_with_it) {
  check_inside("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\nx<<>>",
               ascii_disclaimer(), "\r\n");
  check_inside(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n<<>>",
      ascii_disclaimer(), "\r\n");
}

BOOST_AUTO_TEST_CASE(empty_parts_and_nested_ones_stay_what_they_are) {
  check_inside(R"(
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/mixed; boundary=i

--i
Content-Type: image/png

x
--i--
--b
Content-Type: image/png
<<>>--b--
)"_eml,
               ascii_disclaimer());
}

BOOST_AUTO_TEST_CASE(a_message_that_is_one_file_becomes_the_second_part_with_its_content_fields) {
  for (const auto& disclaimer : {ascii_disclaimer(), prepended(ascii_disclaimer())})
    BOOST_TEST(Bytes(added(R"(
From: scanner@example.org
Content-Type: application/pdf;
	name="scan.pdf"
Subject: Scan
content-disposition: attachment; filename="scan.pdf"
Mime-Version: 1.0 (Scanner)
Content-Transfer-Encoding: base64
Content-ID: <1@example.org>

JVBERg==

)"_eml,
                           disclaimer)) == Bytes(R"(
From: scanner@example.org
Subject: Scan
Mime-Version: 1.0 (Scanner)
Content-Type: multipart/mixed; boundary="=_pams-wrap-00000000"

)"_eml + own_part(kOutside, kInside) + R"(
--=_pams-wrap-00000000
Content-Type: application/pdf;
	name="scan.pdf"
content-disposition: attachment; filename="scan.pdf"
Content-Transfer-Encoding: base64
Content-ID: <1@example.org>

JVBERg==


--=_pams-wrap-00000000--
)"_eml));
}

BOOST_AUTO_TEST_CASE(what_is_missing_in_the_header_is_there_afterwards) {
  // No MIME-Version, no blank line after the header.
  const auto eml = added("Content-Type: image/png\r\nno field\r\n", ascii_disclaimer());
  BOOST_TEST(eml.starts_with("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
                             "boundary=\"=_pams-wrap-00000000\"\r\n\r\n--=_pams-wrap-00000000\r\n"),
             eml);
  BOOST_TEST(eml.ends_with("Content-Type: image/png\r\n\r\nno field\r\n\r\n--=_pams-wrap-00000000--\r\n"),
             eml);
}

BOOST_AUTO_TEST_CASE(other_multiparts_are_moved_as_a_whole) {
  const auto body = R"(
Preamble.
--r
Content-Type: image/png

x
--r
Content-Type: text/css

p {}
--r--
Epilogue without line end)"_eml;
  for (const std::string type : {"multipart/related", "multipart/alternative", "multipart/digest"}) {
    const auto eml = added("Content-Type: " + type + "; boundary=r\r\n\r\n" + body, ascii_disclaimer());
    BOOST_TEST(eml.ends_with("\r\n--=_pams-wrap-00000000\r\nContent-Type: " + type + "; boundary=r\r\n\r\n" +
                             body + "\r\n--=_pams-wrap-00000000--\r\n"),
               eml);
  }
}

BOOST_AUTO_TEST_CASE(eight_bit_and_binary_files_are_announced_outside) {
  const auto field = [](const std::string& eml) {
    const auto message = try_add(eml, ascii_disclaimer()).value();
    const auto* found = message.headers.find("Content-Transfer-Encoding");
    return found == nullptr ? "" : found->unfolded();
  };
  BOOST_TEST(field("Content-Type: image/png\r\n\r\nx") == "");
  BOOST_TEST(field("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\neA==") == "");
  BOOST_TEST(field("Content-Type: image/png\r\n\r\n\xFF") == "8bit");
  BOOST_TEST(field("Content-Type: image/png\r\nContent-Transfer-Encoding: Binary\r\n\r\nx") == "binary");
}

BOOST_AUTO_TEST_CASE(both_forms_can_be_read_again) {
  const auto message = try_add("Content-Type: image/png\r\n\r\nx", euro_disclaimer()).value();
  const auto map = map_mime(message, {}).value();
  BOOST_REQUIRE(map.parts.size() == 5U);
  BOOST_TEST(decode_content(map.parts[2], message.body.view()) == euro_disclaimer().text);
  BOOST_TEST(decode_content(map.parts[3], message.body.view()) == euro_disclaimer().html);
}

BOOST_AUTO_TEST_CASE(a_message_that_knows_our_boundaries_gets_others_here_too) {
  const auto message =
      try_add("Content-Type: image/png\r\n\r\n--=_pams-wrap-00000000\r\n--=_pams-wrap-00000002\r\n",
              ascii_disclaimer())
          .value();
  BOOST_TEST(map_mime(message, {}).value().root().boundary == "=_pams-wrap-00000001");
}

BOOST_AUTO_TEST_CASE(it_is_refused_where_it_would_break_a_limit_for_the_rules_after_it) {
  const auto* eml = "Content-Type: image/png\r\n\r\nx";
  BOOST_TEST(try_add(eml, ascii_disclaimer(), {.depth = 2, .parts = 5}).has_value());
  BOOST_TEST(!try_add(eml, ascii_disclaimer(), {.depth = 2, .parts = 4}).has_value());
  BOOST_TEST(!try_add(eml, ascii_disclaimer(), {.depth = 1, .parts = 5}).has_value());
  BOOST_TEST(!try_add(eml, ascii_disclaimer(), {.part_header_bytes = 10}).has_value());
}

BOOST_AUTO_TEST_CASE(what_tells_the_bytes_of_a_mixed_message_goes_and_that_of_a_moved_file_goes_along) {
  const auto inside = added(
      "Content-Length: 9\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
      "image/png\r\nContent-MD5: x\r\n\r\nx\r\n--b--\r\n",
      ascii_disclaimer());
  BOOST_TEST(inside.find("Content-Length") == std::string::npos);
  BOOST_TEST(inside.find("Content-MD5: x") != std::string::npos);
  const auto beside = added("Content-MD5: x\r\nContent-Type: image/png\r\n\r\nx", ascii_disclaimer());
  BOOST_TEST(beside.find("\r\nContent-MD5: x\r\nContent-Type: image/png\r\n\r\nx") != std::string::npos);
  BOOST_TEST(!beside.starts_with("Content-MD5"));
}

BOOST_AUTO_TEST_SUITE_END()
