#include "rules/journal/journal_report.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/message/mime_map.hpp"
#include "tests/support/has.hpp"

using namespace pams;
using namespace pams::rules;
using pams::test::has;

namespace {

const Envelope kEnvelope{"ann@example.org", {"bob@example.net", "Carl@example.net", "hidden@example.com"}};

Message message(const std::string& header, const std::string& body) {
  return {parse_message(header + "\r\n").headers, SharedBytes(body)};
}

ReportDetails details(bool is_trusted = true) {
  return {"journal@example.org", "example.org", std::string(64, 'a'), std::chrono::sys_seconds{}, is_trusted};
}

std::string written(const Message& original, const Envelope& envelope = kEnvelope, bool is_trusted = true) {
  const JournalReport report(original, envelope, details(is_trusted));
  std::string all;
  for (const auto piece : report.pieces()) all += piece;
  return all;
}

const std::string kHeader =
    "From: ann@example.org\r\nTo: Bob <bob@example.net>\r\nCc: x@y.example, carl@EXAMPLE.net\r\n"
    "Subject: offer\r\nMessage-ID: <1@example.org>\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_report)

BOOST_AUTO_TEST_CASE(the_envelope_stands_line_by_line_in_exchanges_order) {
  BOOST_TEST(has(written(message(kHeader, "hello\r\n")),
                 "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
                 "Sender: ann@example.org\r\nSubject: offer\r\nMessage-Id: <1@example.org>\r\n"
                 "To: bob@example.net\r\nCc: Carl@example.net\r\nBcc: hidden@example.com\r\n\r\n--journal-"));
}

BOOST_AUTO_TEST_CASE(what_an_untrusted_peer_writes_in_to_and_cc_is_not_believed) {
  const auto report = written(message(kHeader, ""), kEnvelope, false);
  BOOST_TEST(has(report,
                 "\r\nRecipient: bob@example.net\r\nRecipient: Carl@example.net\r\n"
                 "Recipient: hidden@example.com\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(the_message_is_there_byte_for_byte_as_a_part_of_its_own) {
  for (const std::string body :
       {"", "hello", "hello\r\n", "\r\n\r\n", "a\nb\rc\0d\r\n", "--journal-x\r\n.\r\n"}) {
    const auto original = message(kHeader + "X-Odd:no blank\r\n\tfolded \r\n", body);
    const auto report = written(original);
    const auto start = report.find("Content-Type: message/rfc822\r\n");
    BOOST_TEST_REQUIRE(start != std::string::npos);
    const auto content = report.find("\r\n\r\n", start) + 4;
    BOOST_TEST(report.substr(content).starts_with(original.wire() + "\r\n--journal-"));
  }
}

BOOST_AUTO_TEST_CASE(a_boundary_that_the_message_already_holds_is_not_taken) {
  const auto taken = "--journal-" + std::string(40, 'a') + "-0";
  const auto report = written(message(kHeader, "x\r\n" + taken + "--\r\ny\r\n"));
  BOOST_TEST(has(report, "boundary=journal-" + std::string(40, 'a') + "-1\r\n"));
}

BOOST_AUTO_TEST_CASE(no_subject_and_no_address_can_add_a_line) {
  const auto report = written(message("Subject: =?utf-8?q?a=0D=0ATo:_evil@example.net?=\r\n", ""),
                              {"\"x\r\nBcc: y\"@example.org", {"a\nTo: b@example.net"}});
  BOOST_TEST(!has(report, "\nTo: evil"));
  BOOST_TEST(!has(report, "\nTo: b@"));
  BOOST_TEST(!has(report, "\nBcc: y"));
}

BOOST_AUTO_TEST_CASE(a_subject_beyond_ascii_stands_in_utf8_and_is_labelled) {
  const auto report = written(message("Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n", "plain\r\n"));
  BOOST_TEST(has(report,
                 "\r\nSubject: Gr\xC3\xBC\xC3\x9F"
                 "e\r\n"));
  BOOST_TEST(has(report, "Content-Transfer-Encoding: 8bit\r\n\r\n--"));
  BOOST_TEST(has(report, "Content-Transfer-Encoding: 8bit\r\n\r\nSender:"));
  BOOST_TEST(has(report, "Content-Transfer-Encoding: 7bit\r\n\r\nSubject:"));  // the message itself
}

BOOST_AUTO_TEST_CASE(lines_too_long_for_smtp_are_quoted_printable) {
  const auto report = written(message("Subject: " + std::string(1200, 'x') + "\r\n", ""));
  const auto first = report.find("text/plain");
  BOOST_TEST(report.substr(first).starts_with(
      "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"));
}

BOOST_AUTO_TEST_CASE(an_8bit_message_is_labelled_on_every_level) {
  const auto original = message(kHeader, "\xE9\r\n");
  const JournalReport report(original, kEnvelope, details());
  BOOST_TEST(report.has_8bit());
  const auto text = written(original);
  BOOST_TEST(has(text, "Content-Transfer-Encoding: 8bit\r\n\r\n--"));
  BOOST_TEST(has(text, "Content-Transfer-Encoding: 7bit\r\n\r\nSender:"));
  BOOST_TEST(has(text, "attachment\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(archives_recognise_it_and_the_body_is_not_copied) {
  const auto original = message(kHeader, std::string(1U << 20U, 'x'));
  const JournalReport report(original, kEnvelope, details());
  BOOST_TEST(has(std::string(report.pieces()[0]), "\r\nX-MS-Journal-Report:\r\n"));
  BOOST_TEST(has(std::string(report.pieces()[0]), "\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
  BOOST_TEST(static_cast<const void*>(report.pieces()[2].data()) == original.body.view().data());
}

BOOST_AUTO_TEST_SUITE_END()
