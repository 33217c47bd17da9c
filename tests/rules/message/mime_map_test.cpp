#include "rules/message/mime_map.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"

using namespace pams::test;  // _eml
using pams::Failure;
using pams::map_mime;
using pams::MimeLimits;
using pams::MimeMap;
using pams::parse_message;

namespace {

MimeMap map_of(std::string_view eml) { return map_mime(parse_message(eml), {}).value(); }

/// One line per part: depth as blanks, type, content with its line breaks as "|".
std::string outline(std::string_view eml) {
  const auto message = parse_message(eml);
  const auto map = map_mime(message, {}).value();
  std::string out;
  for (const auto& part : map.parts) {
    for (auto up = part.parent; up != pams::MimePart::kNoParent; up = map.parts[up].parent) out += ' ';
    out += part.type;
    if (part.is_leaf()) {
      out += ": ";
      for (const char c : message.body.view().substr(part.content.begin, part.content.size()))
        if (c != '\r') out += c == '\n' ? '|' : c;
    }
    if (!part.closed) out += " (open)";
    if (part.defect) out += " (" + *part.defect + ")";
    out += '\n';
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_map)

BOOST_AUTO_TEST_CASE(a_message_without_mime_fields_is_one_plain_text) {
  BOOST_TEST(outline("Subject: x\n\nHello\n") == "text/plain: Hello|\n");
  BOOST_TEST(outline("Subject: x\n") == "text/plain: \n");
}

BOOST_AUTO_TEST_CASE(parts_end_before_the_line_break_that_belongs_to_the_delimiter) {
  BOOST_TEST(outline(R"(
Content-Type: multipart/mixed; boundary=b

preamble
--b
Content-Type: text/html

<p>one</p>

--b  	 

two
--b--
epilogue
--b
not a part
)"_eml) == "multipart/mixed\n text/html: <p>one</p>|\n text/plain: two\n");
}

BOOST_AUTO_TEST_CASE(outer_boundaries_end_inner_parts) {
  BOOST_TEST(
      outline(R"(
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner

a
--outer

b
--inner
still b
--outer--
)"_eml) ==
      "multipart/mixed\n multipart/alternative (open)\n  text/plain: a\n text/plain: b|--inner|still b\n");
}

BOOST_AUTO_TEST_CASE(whole_delimiter_lines_are_compared_not_prefixes) {
  BOOST_TEST(outline(R"(
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=bb

--bb

x
--b b
--bb--
--b--
)"_eml) == "multipart/mixed\n multipart/alternative\n  text/plain: x|--b b\n");
}

BOOST_AUTO_TEST_CASE(a_boundary_may_look_like_the_close_delimiter_of_another) {
  BOOST_TEST(outline(R"(
Content-Type: multipart/mixed; boundary="b--"

--b--
Content-Type: multipart/alternative; boundary=b

--b

x
--b--

y
--b----
)"_eml) == "multipart/mixed\n multipart/alternative (open)\n  text/plain: x\n text/plain: y\n");
}

BOOST_AUTO_TEST_CASE(a_delimiter_ends_a_part_even_inside_its_header) {
  BOOST_TEST(
      outline(
          "Content-Type: multipart/mixed; boundary=\"a:b\"\n\n--a:b\nContent-Type: text/html\n--a:b\n--a:b--") ==
      "multipart/mixed\n text/html: \n text/plain: \n");
}

BOOST_AUTO_TEST_CASE(the_spans_of_a_part_are_header_blank_line_and_content) {
  const auto message = parse_message("Content-Type: multipart/mixed; boundary=b\n\n--b\nA: 1\n\nx\n--b--\n");
  const auto map = map_mime(message, {}).value();
  const auto body = message.body.view();
  const auto& part = map.parts.at(1);
  BOOST_TEST(body.substr(part.header.begin, part.header.size()) == "A: 1\r\n");
  BOOST_TEST(body.substr(part.content.begin, part.content.size()) == "x");
  BOOST_TEST(part.content.begin == part.header.end + 2);
  BOOST_TEST(map.root().content.end == body.size());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_split_is_a_leaf_that_says_why) {
  BOOST_TEST(outline("Content-Type: multipart/mixed\n\n--b\n\nx") ==
             "multipart/mixed: --b||x (a multipart without boundary)\n");
  BOOST_TEST(outline("Content-Type: multipart/mixed; boundary=b\n\nx") ==
             "multipart/mixed: x (a multipart whose boundary never begins a part)\n");
  BOOST_TEST(outline("Content-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\nx") ==
             "multipart/mixed: --b--|--b||x (a multipart whose boundary never begins a part)\n");
  BOOST_TEST(
      outline("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nx") ==
      "multipart/mixed: --b||x (a multipart with a transfer encoding)\n");
}

BOOST_AUTO_TEST_CASE(an_inner_multipart_with_the_outer_boundary_is_a_leaf) {
  const auto map = map_of(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx");
  BOOST_TEST(map.parts.size() == 3U);
  BOOST_TEST(map.parts[1].defect.value() == "a multipart with the boundary of an outer one");
  BOOST_TEST(!map.ambiguity);
}

BOOST_AUTO_TEST_CASE(nested_messages_are_leaves) {
  BOOST_TEST(
      outline(R"(
Content-Type: multipart/digest; boundary=b

--b

Content-Type: multipart/mixed; boundary=c

--c
--b
Content-Type: message/rfc822

Subject: y
--b--
)"_eml) ==
      "multipart/digest\n message/rfc822: Content-Type: multipart/mixed; boundary=c||--c\n message/rfc822: Subject: y\n");
}

BOOST_AUTO_TEST_CASE(contradicting_fields_are_a_defect_and_differing_ones_an_ambiguity) {
  const auto same = map_of("Content-Type: text/html\nContent-Type: text/html\n\nx");
  BOOST_TEST(same.root().defect.value() == "two Content-Type fields");
  BOOST_TEST(!same.ambiguity);
  const auto other = map_of("Content-Type: text/html\nContent-Type: text/plain\n\nx");
  BOOST_TEST(other.root().type == "text/html");
  BOOST_TEST(other.ambiguity.value() == "two Content-Type fields");
  BOOST_TEST(map_of("Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx").ambiguity.value() ==
             "two boundary parameters");
  BOOST_TEST(map_of("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx")
                 .root()
                 .defect.value() == "two Content-Transfer-Encoding fields");
  BOOST_TEST(map_of("Content-Type: foo bar\n\nx").root().defect.value() == "Content-Type cannot be read");
}

BOOST_AUTO_TEST_CASE(a_part_without_blank_line_must_not_be_edited) {
  BOOST_TEST(outline("Content-Type: multipart/mixed; boundary=b\n\n--b\nno field\n--b--") ==
             "multipart/mixed\n text/plain: no field (no blank line after the header)\n");
}

BOOST_AUTO_TEST_CASE(what_a_part_says_about_itself_is_read) {
  const auto map = map_of(R"(
MIME-Version: 1.0
Content-Type: TEXT/Plain (a comment); charset="UTF-8"; format=Flowed; delsp=yes; name="=?utf-8?Q?caf=C3=A9?="
Content-Transfer-Encoding: (why not) "Quoted-Printable"
Content-Disposition: ATTACHMENT; filename*=utf-8''%E2%82%AC.txt
Content-ID: <a@b>
Subject: not a MIME field

x
)"_eml);
  const auto& root = map.root();
  BOOST_TEST(root.type == "text/plain");
  BOOST_TEST(root.charset == "utf-8");
  BOOST_TEST(root.format == "flowed");
  BOOST_TEST(root.delsp);
  BOOST_TEST(root.encoding == "quoted-printable");
  BOOST_TEST(root.disposition == "attachment");
  BOOST_TEST(root.filename == "€.txt");
  BOOST_TEST(root.content_id == "<a@b>");
  BOOST_TEST(root.fields.fields().size() == 5U);
  BOOST_TEST(!root.defect);
}

BOOST_AUTO_TEST_CASE(limits_that_are_exceeded_refuse_the_message_and_are_named) {
  std::string nested;
  std::string flat = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 200; ++i) {
    const auto boundary = "b" + std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
    flat += "--b\n\nx\n";
  }
  const auto too_deep = map_mime(parse_message(nested), {});
  BOOST_TEST_REQUIRE(!too_deep.has_value());
  BOOST_TEST((too_deep.error().failure == Failure::Refused));
  BOOST_TEST(too_deep.error().what == "levels of nested MIME parts: more than 100");
  BOOST_TEST(map_mime(parse_message(nested), {.depth = 200}).has_value());

  BOOST_TEST(map_mime(parse_message(flat), {.parts = 201}).has_value());
  BOOST_TEST(map_mime(parse_message(flat), {.parts = 200}).error().what == "MIME parts: more than 200");

  const auto long_header =
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nA: " + std::string(70000, 'x') + "\n\n";
  BOOST_TEST(map_mime(parse_message(long_header), {}).error().what ==
             "bytes in the header of a MIME part: more than 65536");
}

BOOST_AUTO_TEST_CASE(hundreds_of_nested_boundaries_and_lines_that_nearly_match_stay_cheap) {
  std::string eml;
  for (int i = 0; i < 90; ++i) {
    const auto boundary = "b" + std::to_string(i);
    eml += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  eml += '\n';
  for (int i = 0; i < 200000; ++i) eml += "--b99\n-\n--b0 x\n";
  BOOST_TEST(map_of(eml).parts.size() == 91U);
}

BOOST_AUTO_TEST_SUITE_END()
