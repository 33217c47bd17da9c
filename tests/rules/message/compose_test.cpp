#include "rules/message/compose.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "rules/message/content.hpp"
#include "tests/support/eml.hpp"

using namespace pams;
using namespace pams::test;
using std::literals::operator""s;

namespace {

NewMail mail(const std::string& text = "Hello\r\n") {
  return {.from_name = "Journal",
          .from = "a@example.org",
          .to = "b@example.net",
          .subject = "offer",
          .date = std::chrono::sys_seconds(std::chrono::seconds(1'795'424'402)),
          .message_id = "1@example.org",
          .fields = {{"X-Empty", ""}, {"X-Own", " 1"}},
          .text = text};
}

/// The message between the halves, as a reader takes it apart.
std::string attached(const std::string& whole) {
  const auto message = parse_message(whole);
  const auto map = map_mime(message, {}).value();
  BOOST_TEST(!map.ambiguity);
  const auto& part = map.parts.back();
  BOOST_TEST(part.type == "message/rfc822");
  return std::string(message.body.view().substr(part.content.begin, part.content.size()));
}

std::string text_of(const std::string& whole) {
  const auto message = parse_message(whole);
  return decode_content(map_mime(message, {}).value().root(), message.body.view());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compose_mail)

BOOST_AUTO_TEST_CASE(a_date_is_written_as_rfc_5322_has_it) {
  BOOST_TEST(mail_date(std::chrono::sys_seconds{}) == "Thu, 01 Jan 1970 00:00:00 +0000");
  BOOST_TEST(mail_date(std::chrono::sys_seconds(std::chrono::seconds(1'795'424'402))) ==
             "Mon, 23 Nov 2026 09:00:02 +0000");
}

BOOST_AUTO_TEST_CASE(a_plain_message_has_these_bytes) {
  BOOST_TEST(Bytes(compose(mail())) == Bytes(R"(
From: Journal <a@example.org>
To: b@example.net
Subject: offer
Date: Mon, 23 Nov 2026 09:00:02 +0000
Message-ID: <1@example.org>
X-Empty:
X-Own: 1
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Hello
)"_eml));
}

BOOST_AUTO_TEST_CASE(an_attached_message_stands_between_two_halves) {
  const auto around = compose_around(mail(), "b-0", false);
  BOOST_TEST(Bytes(around.head.substr(around.head.find("MIME-Version"))) == Bytes(R"(
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b-0
Content-Transfer-Encoding: 7bit

--b-0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Hello

--b-0
Content-Type: message/rfc822
Content-Disposition: attachment
Content-Transfer-Encoding: 7bit

)"_eml));
  BOOST_TEST(Bytes(around.tail) == Bytes("\r\n--b-0--\r\n"));
  BOOST_TEST(!around.is_8bit);
}

BOOST_AUTO_TEST_CASE(the_attached_message_is_there_byte_for_byte) {
  const auto around = compose_around(mail(), "b-0", true);
  for (const auto& original : {"Subject:x\r\n\tfolded \r\n\r\nend"s, "Subject: x\r\n\r\n\0\xE9\r\n\r\n"s,
                               "X : y\r\n\r\n.\r\n--b\r\n"s})
    BOOST_TEST(Bytes(attached(around.head + original + around.tail)) == Bytes(original));
}

BOOST_AUTO_TEST_CASE(bytes_above_127_are_labelled_on_every_level) {
  BOOST_TEST(compose_around(mail("caf\xC3\xA9\r\n"), "b", false).is_8bit);
  const auto head = compose_around(mail(), "b", true).head;
  BOOST_TEST(head.find("boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n") != std::string::npos);
  BOOST_TEST(head.ends_with("attachment\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"));
  BOOST_TEST(compose(mail("caf\xC3\xA9\r\n")).ends_with("Encoding: 8bit\r\n\r\ncaf\xC3\xA9\r\n"));
}

BOOST_AUTO_TEST_CASE(text_with_lines_too_long_for_smtp_is_encoded_and_reads_the_same) {
  const auto text = std::string(1200, 'x') + "\xC3\xA9= \r\n\r\n.\r\nFrom me\r\n";
  const auto whole = compose(mail(text));
  BOOST_TEST(whole.find("Content-Transfer-Encoding: quoted-printable\r\n") != std::string::npos);
  BOOST_TEST(std::ranges::all_of(text::split(whole, '\n'), [](auto line) { return line.size() <= 78; }));
  BOOST_TEST(Bytes(text_of(whole)) == Bytes(text));
}

BOOST_AUTO_TEST_CASE(a_subject_reads_as_it_was_given) {
  for (const auto& subject : {"Gr\xC3\xBC\xC3\x9F"s + "e", "=?utf-8?q?not_a_word?="s, "two  blanks"s, ""s}) {
    auto given = mail();
    given.subject = subject;
    BOOST_TEST(parse_message(compose(given)).headers.find("Subject")->decoded() == subject);
  }
}

BOOST_AUTO_TEST_CASE(no_address_adds_a_line_or_reaches_gmime_when_it_nests) {
  for (const auto& address : {"a\r\nBcc: evil@example.net"s, "a\0b@example.net"s, std::string(4000, ':'),
                              std::string(400, '('), "\xE9@example.net"s, std::string(2000, 'x')}) {
    BOOST_TEST(!is_fit_for_gmime(address));
    auto given = mail();
    given.to = given.from = address;
    const auto message = parse_message(compose(given));
    BOOST_TEST(!message.headers.has("Bcc"));
    BOOST_TEST(message.headers.find_all("To").size() == 1U);
    BOOST_TEST(message.headers.find_all("From").size() == 1U);
    BOOST_TEST(message.body.view() == "Hello\r\n");
  }
  for (const auto* address : {"b@example.net", "\"b: (c)\"@example.net", "b@[IPv6:2001:db8:1:2:3:4:5:6]", ""})
    BOOST_TEST(is_fit_for_gmime(address));
}

BOOST_AUTO_TEST_CASE(several_threads_compose_at_once) {
  std::vector<std::string> all(8);
  {
    std::vector<std::jthread> threads;
    for (auto& one : all) threads.emplace_back([&one] { one = compose(mail()); });
  }
  BOOST_TEST(std::ranges::count(all, compose(mail())) == 8);
}

BOOST_AUTO_TEST_SUITE_END()
