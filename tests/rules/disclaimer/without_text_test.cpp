/// Of which kind a message is that has no text to edit.
#include <ostream>

#include <boost/test/unit_test.hpp>

#include "tests/support/disclaimers.hpp"

using namespace pams::test;  // _eml and messages with disclaimers
using pams::mime::WithoutText;

namespace {

/// "kind: why"; "" when the message was edited.
std::string kind_of(std::string_view eml) {
  const auto result = try_apply(eml, ascii_disclaimer());
  if (result) return "";
  switch (result.error().kind) {
    case WithoutText::CannotBeEdited:
      return "cannot be edited: " + result.error().why;
    case WithoutText::NothingToAddTo:
      return "nothing to add to: " + result.error().why;
    case WithoutText::OnlyAttachments:
      break;
  }
  return "attachments: " + result.error().why;
}

std::string leaf(const std::string& type, const std::string& more = "") {
  return "Content-Type: " + type + "\r\n" + more + "\r\nx\r\n";
}

std::string with_parts(const std::string& type, const std::vector<std::string>& parts) {
  auto eml = "Content-Type: " + type + "; boundary=b\r\n\r\n";
  for (const auto& part : parts) eml += "--b\r\n" + part;
  return eml + "--b--\r\n";
}

const std::string kAttached = "Content-Disposition: attachment; filename=a\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(without_text)

BOOST_AUTO_TEST_CASE(signed_and_encrypted_content_cannot_be_edited_wherever_it_is) {
  for (const std::string type :
       {"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}) {
    const auto part = type.starts_with("multipart/")
                          ? "Content-Type: " + type + "; boundary=s\r\n\r\n--s\r\n\r\nHi\r\n--s--\r\n"
                          : leaf(type, "Content-Disposition: attachment\r\n");
    BOOST_TEST(kind_of(part) == "cannot be edited: " + type);
    BOOST_TEST(kind_of(with_parts("multipart/mixed", {leaf("image/png"), part})) ==
               "cannot be edited: " + type);
  }
  BOOST_TEST(kind_of(leaf("application/octet-stream; name=smime.P7M")) ==
             "cannot be edited: application/octet-stream");
}

BOOST_AUTO_TEST_CASE(a_signed_document_that_is_attached_is_an_attachment) {
  const auto document =
      leaf("application/pkcs7-mime", "Content-Disposition: attachment; filename=\"contract.pdf.p7m\"\r\n");
  BOOST_TEST(kind_of(with_parts("multipart/mixed", {document})) == "attachments: multipart/mixed");
}

BOOST_AUTO_TEST_CASE(damaged_and_ambiguous_content_cannot_be_edited) {
  BOOST_TEST(kind_of("Content-Transfer-Encoding: base64\r\n\r\nnot base64!\r\n") ==
             "cannot be edited: damaged base64");
  BOOST_TEST(kind_of("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nHi\r\n") ==
             "cannot be edited: multipart/mixed that cannot be split");
  BOOST_TEST(
      kind_of(with_parts("multipart/mixed", {leaf("image/png"), leaf("multipart/related; boundary=r")})) ==
      "cannot be edited: multipart/related that cannot be split");
  BOOST_TEST(
      kind_of(with_parts("multipart/mixed",
                         {leaf("image/png"), leaf("text/plain", "Content-Transfer-Encoding: x\r\n")})) ==
      "cannot be edited: transfer encoding x");
  BOOST_TEST(kind_of("Content-Type: text/plain\r\nContent-Type: image/png\r\n\r\nx\r\n") ==
             "cannot be edited: ambiguous MIME structure: two Content-Type fields");
}

BOOST_AUTO_TEST_CASE(what_programs_exchange_has_nothing_to_add_to) {
  for (const std::string type : {"text/calendar; method=REPLY", "message/delivery-status",
                                 "message/disposition-notification", "application/ics"}) {
    const auto name = type.substr(0, type.find(';'));
    BOOST_TEST(kind_of(leaf(type)) == "nothing to add to: " + name);
    for (const std::string around : {"multipart/mixed", "multipart/alternative"})
      BOOST_TEST(kind_of(with_parts(around, {leaf("application/pdf"), leaf(type, kAttached)})) ==
                 "nothing to add to: " + name);
  }
}

BOOST_AUTO_TEST_CASE(a_report_has_nothing_to_add_to_whatever_it_reports_on) {
  const auto report = with_parts("multipart/report; report-type=disposition-notification",
                                 {leaf("text/plain"), leaf("message/disposition-notification"),
                                  leaf("application/pkcs7-mime"), leaf("multipart/signed; boundary=s")});
  BOOST_TEST(kind_of(report) == "nothing to add to: multipart/report");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_delivered_inside_another_has_nothing_to_add_to) {
  for (const std::string type :
       {"message/rfc822", "message/partial; id=1; number=1", "message/external-body", "message/global"})
    BOOST_TEST(kind_of(leaf(type)) == "nothing to add to: " + type.substr(0, type.find(';')));
  BOOST_TEST(kind_of(with_parts("multipart/mixed", {leaf("message/rfc822")})) ==
             "attachments: multipart/mixed");
}

BOOST_AUTO_TEST_CASE(a_text_beside_them_is_still_edited) {
  for (const std::string type : {"text/calendar; method=REQUEST", "message/rfc822", "multipart/signed"})
    BOOST_TEST(kind_of(with_parts("multipart/mixed", {leaf("text/plain"), leaf(type)})) == "");
}

BOOST_AUTO_TEST_CASE(files_without_a_word_are_attachments) {
  for (const std::string type : {"application/pdf", "image/png", "application/octet-stream", "text/csv",
                                 "application/ms-tnef", "audio/mpeg"}) {
    BOOST_TEST(kind_of(leaf(type)) == "attachments: " + type);
    for (const std::string around : {"multipart/mixed", "multipart/related", "multipart/alternative"})
      BOOST_TEST(kind_of(with_parts(around, {leaf(type), leaf("text/plain", kAttached)})) ==
                 "attachments: " + around);
  }
  BOOST_TEST(kind_of(leaf("text/plain", kAttached)) == "attachments: text/plain");
  BOOST_TEST(kind_of(with_parts("multipart/digest", {"\r\nSubject: x\r\n\r\nHi\r\n"})) ==
             "attachments: multipart/digest");
}

BOOST_AUTO_TEST_SUITE_END()
