/// What a disclaimer rule does with each kind of message, and in which words.
#include <boost/test/unit_test.hpp>

#include "tests/support/eml.hpp"
#include "tests/support/has.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::gateway;
using pams::test::has;
using pams::test::rule;

namespace {

const std::string kSigned =
    "Content-Type: multipart/signed; boundary=b\n\n--b\n\nHello\n--b\nContent-Type: application/pkcs7-signature\n\nx\n--b--\n";
const std::string kReply = "Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n";
const std::string kScan = "Content-Type: application/pdf\n\n%PDF\n";
const std::vector<std::string> kFallbacks{"wrap", "ignore", "reject"};

Plan plan_for(const std::string& fallback, const std::string& message) {
  return test::evaluate(
      gateway(rule("d", R"({ apply_html_disclaimer = { html = "<p>D</p>", fallback_action = ")" + fallback +
                            "\" } }")),
      message);
}

std::string outcome(const Plan& plan) { return plan.rules.at(0).actions.at(0).outcome; }
std::string flagged(const std::string& message) { return "zivver-relay: zivver-message-info\n" + message; }
bool is_as_received(const Plan& plan, const std::string& message) {
  return plan.outgoing.wire() == parse_message(message).wire();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(action_apply_html_disclaimer)

BOOST_AUTO_TEST_CASE(the_fallback_action_decides_on_what_cannot_be_edited) {
  const auto wrapped = plan_for("wrap", kSigned);
  BOOST_TEST(outcome(wrapped) == "cannot be edited (multipart/signed): wrapped");
  BOOST_TEST(has(wrapped.outgoing.wire(), "message/rfc822"));
  const auto ignored = plan_for("ignore", kSigned);
  BOOST_TEST(outcome(ignored) == "cannot be edited (multipart/signed): no disclaimer");
  BOOST_TEST(ignored.notes.at(0) == outcome(ignored));
  BOOST_TEST(is_as_received(ignored, kSigned));
  const auto rejected = plan_for("reject", kSigned);
  BOOST_TEST(outcome(rejected) == "cannot be edited (multipart/signed): rejected");
  BOOST_TEST(rejected.verdict == Verdict::Reject);
}

BOOST_AUTO_TEST_CASE(what_has_nothing_to_add_to_is_left_alone_whatever_the_fallback_is) {
  for (const auto& fallback : kFallbacks)
    for (const auto& message : {kReply, flagged(kReply)}) {
      const auto plan = plan_for(fallback, message);
      BOOST_TEST(outcome(plan) == "nothing to add to (text/calendar): left alone");
      BOOST_TEST(plan.notes.at(0) == outcome(plan));
      BOOST_TEST(plan.verdict == Verdict::Accept);
      BOOST_TEST(is_as_received(plan, message));
    }
}

BOOST_AUTO_TEST_CASE(attachments_alone_get_a_text_part_beside_them_whatever_the_fallback_is) {
  for (const auto& fallback : kFallbacks) {
    const auto plan = plan_for(fallback, kScan);
    BOOST_TEST(outcome(plan) == "no text but attachments (application/pdf): added in a text part of its own");
    BOOST_TEST(plan.verdict == Verdict::Accept);
    BOOST_TEST(has(plan.outgoing.wire(), "\r\n<p>D</p>\r\n"));
    BOOST_TEST(has(plan.outgoing.wire(), "\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n\r\n--"));
  }
}

BOOST_AUTO_TEST_CASE(a_flagged_message_keeps_its_parts_where_they_are) {
  for (const auto& fallback : kFallbacks) {
    const auto plan = plan_for(fallback, flagged(kScan));
    BOOST_TEST(has(outcome(plan), "no text but attachments (application/pdf): left alone"));
    BOOST_TEST(plan.notes.at(0) == outcome(plan));
    BOOST_TEST(is_as_received(plan, flagged(kScan)));
  }
}

BOOST_AUTO_TEST_CASE(a_file_without_its_blank_line_leaves_as_the_daemon_sends_it_once_it_is_wrapped) {
  const std::string head = "Subject: x\nContent-Type: multipart/mixed;\n";
  const std::string body = "boundary=b\n\n--b\n\nHello\n--b--\n";
  // The MTA gives the milter header and body apart.
  BOOST_TEST(test::Bytes(plan_for("wrap", head + body).outgoing.wire()) ==
             test::Bytes(plan_for("wrap", head + "\n" + body).outgoing.wire()));
  BOOST_TEST(is_as_received(plan_for("ignore", head + body), head + body));
}

BOOST_AUTO_TEST_SUITE_END()
