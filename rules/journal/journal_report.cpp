#include "rules/journal/journal_report.hpp"

#include <algorithm>
#include <set>

#include "rules/base/text.hpp"
#include "rules/message/compose.hpp"
#include "rules/unicode/address.hpp"

namespace pams::rules {
namespace {

constexpr std::size_t kMaxAddresses = 1000;  // of addresses_in()

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
  std::set<std::string> addresses;  ///< as address_key() has them
  bool is_complete = true;

  Addressed(const Headers& headers, std::string_view name) {
    for (const auto* field : headers.find_all(name)) {
      const auto found = addresses_in(field->unfolded());
      is_complete = is_complete && found.size() < kMaxAddresses;
      for (const auto& address : found) addresses.insert(address_key(address));
    }
  }
  bool has(const std::string& address) const { return addresses.contains(address_key(address)); }
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
  const bool is_message_8bit = !text::is_ascii(header_) || !text::is_ascii(body);
  const NewMail mail{
      .from_name = "Journal",
      .from = std::string(kFrom) + "@" + details.domain,
      .to = details.mailbox,
      .subject = subject_of(message.headers),
      .date = details.time,
      .message_id = details.id + "@" + details.domain,
      .fields = {{"Auto-Submitted", " auto-generated"}, {std::string(kJournalReportHeader), ""}},
      .text = envelope_text(message, envelope, details.is_addressing_trusted)};
  auto around = compose_around(mail, boundary, is_message_8bit);
  head_ = std::move(around.head);
  tail_ = std::move(around.tail);
  has_8bit_ = around.is_8bit;
  pieces_ = {head_, header_, body, tail_};
}

}  // namespace pams::rules
