/// What gets no disclaimer, so that the fallback action decides.
#include <boost/test/unit_test.hpp>

#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers

BOOST_AUTO_TEST_SUITE(apply_refusal)

BOOST_AUTO_TEST_CASE(parts_that_are_no_rendering_of_a_text_are_never_edited) {
  for (const std::string type : {"multipart/signed", "multipart/encrypted", "multipart/report",
                                 "multipart/form-data", "multipart/appledouble", "multipart/digest"}) {
    const auto eml = "Content-Type: " + type + "; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n";
    BOOST_TEST(refusal(eml, ascii_disclaimer()) == type);
  }
}

BOOST_AUTO_TEST_CASE(inline_pgp_is_refused_and_a_quoted_block_is_not) {
  BOOST_TEST(refusal("Subject: x\r\n\r\nhi\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n", ascii_disclaimer()) ==
             "inline PGP");
  BOOST_TEST(refusal("Content-Transfer-Encoding: base64\r\n\r\nLS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0tDQo=\r\n",
                     ascii_disclaimer()) == "inline PGP");
  BOOST_TEST(refusal("Subject: x\r\n\r\n> -----BEGIN PGP MESSAGE-----\r\n", ascii_disclaimer()) == "");
}

BOOST_AUTO_TEST_CASE(an_alternative_that_could_get_it_only_in_one_rendering_gets_it_in_none) {
  BOOST_TEST(refusal(R"(
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-7

Hi +AKM-1
--b
Content-Type: text/html

<p>x</p>
--b--
)"_eml,
                     ascii_disclaimer()) == "the text's charset \"utf-7\" is not edited");
}

BOOST_AUTO_TEST_CASE(a_rendering_that_nobody_can_read_does_not_keep_it_from_the_others) {
  const auto eml = R"(
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain
Content-Transfer-Encoding: base64

this was never base64
--b
Content-Type: text/html

<p>x</p>
--b--
)"_eml;
  const auto result = try_apply(eml, ascii_disclaimer());
  BOOST_REQUIRE(result);
  BOOST_TEST(result->parts == 1U);
  BOOST_TEST(result->message.wire().find("never base64\r\n--b\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(damage_and_unknown_encodings_are_refused_when_nothing_else_is_there) {
  const auto text = [](const std::string& encoding) {
    return "Content-Type: text/plain\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\nplain text\r\n";
  };
  BOOST_TEST(refusal(text("base64"), ascii_disclaimer()) == "damaged base64");
  BOOST_TEST(refusal(text("x-uuencode"), ascii_disclaimer()) == "transfer encoding x-uuencode");
}

BOOST_AUTO_TEST_CASE(a_structure_that_readers_take_differently_is_refused) {
  const auto why = refusal(
      "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n",
      ascii_disclaimer());
  BOOST_TEST(why.starts_with("ambiguous MIME structure: "), why);
}

BOOST_AUTO_TEST_CASE(a_disclaimer_that_would_change_the_structure_is_refused) {
  auto disclaimer = ascii_disclaimer();
  disclaimer.text = "--b";
  BOOST_TEST(
      refusal("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n", disclaimer)
          .starts_with("the disclaimer would damage "));
}

BOOST_AUTO_TEST_SUITE_END()
