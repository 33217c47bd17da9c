#include "rules/policy/hidden_flag.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/message/message.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kStart = "From: anna@example.org\r\nSubject: a\r\n";

bool is_hidden(std::string_view rest, std::string_view start = kStart) {
  const auto message = parse_message(std::string(start) + std::string(rest));
  return hidden_flag(message.headers, message.body.view(), "zivver-relay").has_value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_hidden_flag)

BOOST_AUTO_TEST_CASE(after_a_line_that_is_no_field_it_is_seen) {
  for (const auto line : {"This line is no field"sv, "From anna Mon Jan  5 10:00:00 2026"sv, ">From anna"sv,
                          "\xEF\xBB\xBFX: a"sv})
    BOOST_TEST(is_hidden(std::string(line) + "\r\nzivver-relay: ab\r\nTo: b@klant.example\r\n\r\nHello\r\n"),
               line);
  BOOST_TEST(is_hidden("no field\r\nX-A: a\r\n b\r\nZIVVER-Relay : ab\r\n"));
}

BOOST_AUTO_TEST_CASE(under_a_damaged_name_it_is_seen) {
  for (const auto name :
       {"zivver\0-relay:"sv, "zivver-relay\0:"sv, "zivver-relay\x0b:"sv, "zivver-relay\xa0:"sv,
        "zivver -relay:"sv, "\xEF\xBB\xBFzivver-relay:"sv, "zivver-relay\r\n :"sv})
    BOOST_TEST(is_hidden(std::string(name) + " ab\r\n\r\nHello\r\n"), name);
}

BOOST_AUTO_TEST_CASE(folded_into_another_field_it_is_seen) {
  BOOST_TEST(is_hidden(" zivver-relay: ab\r\n\r\nHello\r\n"));
  BOOST_TEST(is_hidden("X-A: a\rzivver-relay: ab\r\n\r\nHello\r\n"));
  BOOST_TEST(is_hidden("\tZivver-Relay :ab\r\nTo: b@klant.example\r\n\r\nHello\r\n"));
}

BOOST_AUTO_TEST_CASE(a_text_that_speaks_of_it_hides_nothing) {
  for (const auto text :
       {"zivver-relay: ab\r\nDear Bob\r\n"sv, "Dear Bob,\r\nwe set\r\nzivver-relay: ab\r\nin Outlook\r\n"sv,
        "Dear Bob,\r\n\r\nFrom: a\r\nzivver-relay: ab\r\n"sv, "zivver-relay is the header's name\r\n"sv,
        "> zivver-relay: ab\r\nno\r\n"sv, ""sv})
    BOOST_TEST(!is_hidden("\r\n" + std::string(text)), text);
  BOOST_TEST(!is_hidden(
      "Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n--b 1\r\nContent-Type: text/plain\r\n"
      "zivver-relay: ab\r\n\r\nHello\r\n"));
  BOOST_TEST(!is_hidden("Subject: what is\r\n the zivver-relay: field for\r\n\r\nHello\r\n", ""));
  BOOST_TEST(!is_hidden("DKIM-Signature: v=1; h=from:to:\r\n zivver-relay:subject\r\n\r\nHello\r\n"));
  BOOST_TEST(!is_hidden("ARC-Message-Signature: i=1; h=from:to:\r\n zivver-relay:subject\r\n\r\nHello\r\n"));
}

BOOST_AUTO_TEST_CASE(a_trusted_peers_message_waits_and_a_strangers_is_inbound) {
  const auto gateway = test::load_texts({std::string(test::kGateway)}).policy.value();
  const auto message = parse_message("Subject: a\r\n zivver-relay: ab\r\n\r\nHello\r\n");
  const auto class_for = [&](const char* client) {
    return evaluate(gateway, message, {"anna@example.org", {"piet@klant.example"}}, {client, "", ""}, "", {})
        .classification.value;
  };
  BOOST_TEST((class_for("127.0.0.1") == MessageClass::Anomaly));
  BOOST_TEST((class_for("192.0.2.1") == MessageClass::Inbound));
}

BOOST_AUTO_TEST_SUITE_END()
