#include "rules/journal/journal_report.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "rules/base/text.hpp"
#include "rules/mime/quoted_printable.hpp"

namespace pams::journal {
namespace {

constexpr std::size_t kLongestLine = 998;     // RFC 5322 2.1.1
constexpr std::size_t kMostAddresses = 1000;  // of addresses_in()

/// Exchange's own sender of reports, in every installation; some archives look for it.
constexpr std::string_view kFrom = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e";

/// On one line whatever it holds: a line more would be one recipient more.
std::string one_line(std::string_view value) { return text::printable(value, 60000); }

std::string subject_of(const Headers& headers) {
  const auto* field = headers.find("Subject");
  return field == nullptr ? "" : one_line(field->decoded());
}

std::string message_id_of(const Headers& headers) {
  const auto* field = headers.find("Message-ID");
  return field == nullptr ? "" : one_line(field->unfolded());
}

/// The addresses in all fields of one name.
struct Addressed {
  std::set<std::string> addresses;  ///< lower case
  bool is_complete = true;

  Addressed(const Headers& headers, std::string_view name) {
    for (const auto* field : headers.find_all(name)) {
      const auto found = addresses_in(field->unfolded());
      is_complete = is_complete && found.size() < kMostAddresses;
      for (const auto& address : found) addresses.insert(text::to_lower(address));
    }
  }
  bool has(const std::string& address) const { return addresses.contains(text::to_lower(address)); }
};

/// "To: bob@example.net" and so on, one line for each envelope recipient.
std::string recipient_lines(const Headers& headers, const Envelope& envelope, bool is_trusted) {
  const Addressed to(headers, "To");
  const Addressed cc(headers, "Cc");
  // Of a recipient that is not found in a list too long to be read it is not known that he was hidden.
  const auto* unseen = to.is_complete && cc.is_complete ? "Bcc" : "Recipient";
  std::string lines;
  for (const auto& recipient : envelope.recipients) {
    const auto* kind = !is_trusted         ? "Recipient"
                       : to.has(recipient) ? "To"
                       : cc.has(recipient) ? "Cc"
                                           : unseen;
    lines += kind + std::string(": ") + one_line(recipient) + "\r\n";
  }
  return lines;
}

std::string envelope_text(const Message& message, const Envelope& envelope, bool is_trusted) {
  return "Sender: " + one_line(envelope.sender) + "\r\n" + "Subject: " + subject_of(message.headers) +
         "\r\n" + "Message-Id: " + message_id_of(message.headers) + "\r\n" +
         recipient_lines(message.headers, envelope, is_trusted);
}

bool has_long_line(std::string_view text) {
  return std::ranges::any_of(text::split(text, '\n'), [](auto line) { return line.size() > kLongestLine; });
}

/// "Mon, 23 Nov 2026 09:00:02 +0000"
std::string date(std::chrono::sys_seconds time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day calendar{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const auto two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return std::string(kDays[std::chrono::weekday{day}.c_encoding()]) + ", " +
         two(static_cast<unsigned>(calendar.day())) + " " +
         kMonths[static_cast<unsigned>(calendar.month()) - 1] + " " +
         std::to_string(static_cast<int>(calendar.year())) + " " + two(clock.hours().count()) + ":" +
         two(clock.minutes().count()) + ":" + two(clock.seconds().count()) + " +0000";
}

/// A boundary that the message does not hold.
std::string boundary_for(const std::string& id, std::string_view header, std::string_view body) {
  for (unsigned number = 0;; ++number) {
    auto boundary = "journal-" + id.substr(0, 40) + "-" + std::to_string(number);
    if (header.find(boundary) == std::string_view::npos && body.find(boundary) == std::string_view::npos)
      return boundary;
  }
}

}  // namespace

JournalReport::JournalReport(const Message& message, const Envelope& envelope, const ReportDetails& details)
    : header_(message.headers.wire() + "\r\n") {
  const auto body = message.body.view();
  const auto boundary = boundary_for(details.id, header_, body);
  auto lines = envelope_text(message, envelope, details.is_addressing_trusted);
  const bool is_long = has_long_line(lines);
  const bool is_lines_8bit = !is_long && !text::is_ascii(lines);
  const bool is_message_8bit = !text::is_ascii(header_) || !text::is_ascii(body);
  if (is_long) lines = mime::encode_quoted_printable(lines);
  has_8bit_ = is_lines_8bit || is_message_8bit;
  const auto encoding = [](bool is_8bit) { return std::string(is_8bit ? "8bit" : "7bit") + "\r\n"; };

  head_ = "From: \"Journal\" <" + std::string(kFrom) + "@" + details.domain + ">\r\n" + "To: <" +
          details.mailbox + ">\r\n" + "Subject:" + make_header_value(subject_of(message.headers)) + "\r\n" +
          "Date: " + date(details.time) + "\r\n" + "Message-ID: <" + details.id + "@" + details.domain +
          ">\r\n" + "MIME-Version: 1.0\r\n" + "Auto-Submitted: auto-generated\r\n" +
          std::string(kJournalReportHeader) + ":\r\n" + "Content-Type: multipart/mixed;\r\n boundary=\"" +
          boundary + "\"\r\n" + "Content-Transfer-Encoding: " + encoding(has_8bit_) + "\r\n--" + boundary +
          "\r\n" + "Content-Type: text/plain; charset=\"utf-8\"\r\n" + "Content-Transfer-Encoding: " +
          (is_long ? std::string("quoted-printable\r\n") : encoding(is_lines_8bit)) + "\r\n" + lines +
          "\r\n--" + boundary + "\r\n" + "Content-Type: message/rfc822\r\n" +
          "Content-Disposition: attachment\r\n" + "Content-Transfer-Encoding: " + encoding(is_message_8bit) +
          "\r\n";
  tail_ = "\r\n--" + boundary + "--\r\n";
  pieces_ = {head_, header_, body, tail_};
}

}  // namespace pams::journal
