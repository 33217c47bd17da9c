#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "rules/message/content.hpp"
#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers
using pams::disclaimer::wrap;
using std::literals::operator""s;

namespace {

/// The bytes of the message/rfc822 part.
std::string wrapped_original(const pams::Message& wrapped) {
  const auto map = map_mime(wrapped, {}).value();
  const auto& part = map.parts.back();
  BOOST_TEST(part.type == "message/rfc822");
  return std::string(wrapped.body.view().substr(part.content.begin, part.content.size()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wrap_in_disclaimer)

BOOST_AUTO_TEST_CASE(the_original_is_carried_byte_for_byte) {
  const auto original = R"(
From:  a@example.org
To: b@example.net,
	c@example.net
Subject: =?utf-8?q?x?=
MIME-Version: 1.0
Content-Type: multipart/signed; boundary="s"

--s

signed
--s--)"_eml;
  BOOST_TEST(Bytes(wrapped_original(wrap(pams::parse_message(original), euro_disclaimer()))) ==
             Bytes(original));
}

BOOST_AUTO_TEST_CASE(the_outer_header_keeps_all_fields_but_those_of_the_content) {
  const auto wrapped = wrap(pams::parse_message(R"(
Received: from x
From: a@example.org
Content-Type: multipart/signed; boundary="s"
zivver-relay: yes
Message-ID: <1@x>
Mime-Version: 1.0
References: <0@x>
Content-Transfer-Encoding: 7bit
X-Own: 1

--s--
)"_eml),
                            ascii_disclaimer());
  BOOST_TEST(wrapped.headers.wire() == R"(
Received: from x
From: a@example.org
zivver-relay: yes
Message-ID: <1@x>
Mime-Version: 1.0
References: <0@x>
X-Own: 1
Content-Type: multipart/mixed; boundary="=_pams-wrap-00000000"
)"_eml);
}

BOOST_AUTO_TEST_CASE(readers_find_the_disclaimer_in_both_forms_before_the_original) {
  const auto wrapped = wrap(pams::parse_message("Subject: x\r\n\r\nHello\r\n"), euro_disclaimer());
  const auto map = map_mime(wrapped, {}).value();
  BOOST_REQUIRE(map.parts.size() == 5U);
  BOOST_TEST(!map.ambiguity);
  BOOST_TEST(map.parts[1].type == "multipart/alternative");
  BOOST_TEST(decode_content(map.parts[2], wrapped.body.view()) == "\xC3\xA9\xC3\xA9n \xE2\x82\xAC");
  BOOST_TEST(decode_content(map.parts[3], wrapped.body.view()) == "<p>\xC3\xA9\xC3\xA9n \xE2\x82\xAC</p>");
  BOOST_TEST(map.parts[3].type == "text/html");
}

BOOST_AUTO_TEST_CASE(eight_bit_originals_are_announced_at_every_level) {
  const auto wrapped = wrap(pams::parse_message("Subject: x\r\n\r\ncaf\xC3\xA9\r\n"), ascii_disclaimer());
  const auto map = map_mime(wrapped, {}).value();
  BOOST_TEST(map.root().encoding == "8bit");
  BOOST_TEST(map.parts.back().encoding == "8bit");
}

BOOST_AUTO_TEST_CASE(a_message_that_knows_our_boundaries_gets_others) {
  const auto original =
      "Subject: x\r\n\r\n--=_pams-wrap-00000000\r\n--=_pams-wrap-00000002\r\n=_pams-wrap-99999999\r\n=_pams-wrap-"s;
  const auto wrapped = wrap(pams::parse_message(original), ascii_disclaimer());
  const auto map = map_mime(wrapped, {}).value();
  for (const auto i : {0U, 1U}) BOOST_TEST(original.find(map.parts[i].boundary) == std::string::npos);
  BOOST_TEST(map.parts[0].boundary != map.parts[1].boundary);
  BOOST_TEST(Bytes(wrapped_original(wrapped)) == Bytes(original));
}

BOOST_AUTO_TEST_SUITE_END()
