/// Exchange's journal report ([MS-XJRNL]): a multipart/mixed message whose first part tells the envelope,
/// line by line, and whose second part is the message itself, every byte as it leaves. Pure; any thread.
/// Linear.
///
/// Reported is the message as it leaves, after the rules: Exchange's journaling comes after its transport
/// rules too. Only the route marker is not part of it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"

namespace pams::rules {

/// By this field, with an empty value, archives recognise a report.
inline constexpr std::string_view kJournalReportHeader = "X-MS-Journal-Report";

struct ReportDetails {
  std::string mailbox;  ///< where it goes
  std::string domain;   ///< of the organization, for From: and Message-ID:
  std::string id;       ///< letters and digits; the same for the same report, so that a second copy shows
  std::chrono::sys_seconds time;
  /// Whether To: and Cc: of the message can be believed: then the recipients in them are told apart and all
  /// others are "Bcc:". Otherwise each is a "Recipient:", as Exchange does it.
  bool is_addressing_trusted = false;
};

class JournalReport {
 public:
  /// `message` and its body must live as long as the report.
  JournalReport(const Message& message, const Envelope& envelope, const ReportDetails& details);
  JournalReport(const JournalReport&) = delete;  // its pieces are views of it
  JournalReport& operator=(const JournalReport&) = delete;

  /// The report's bytes, one after the other: the large ones are views of the message itself.
  const std::vector<std::string_view>& pieces() const { return pieces_; }
  /// Some byte is above 127.
  bool has_8bit() const { return has_8bit_; }

 private:
  std::string head_, header_, tail_;
  std::vector<std::string_view> pieces_;
  bool has_8bit_ = false;
};

}  // namespace pams::rules
