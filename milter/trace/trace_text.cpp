#include "milter/trace/trace_text.hpp"

#include <algorithm>
#include <array>

#include "milter/trace/scanner.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

using namespace std::chrono;

std::string padded(std::int64_t number, std::size_t width) {
  auto digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::string safe(std::string_view text) { return text::printable(text, 2000); }

/// " for bob@b.example"
std::string for_whom(const ToldEvent& event) {
  return event.recipient.empty() ? "" : " for " + safe(event.recipient);
}

std::string with_tls(const ToldEvent& event) {
  if (event.tls.empty()) return "";
  const auto cipher = event.cipher.empty() ? "" : ", " + safe(event.cipher);
  const auto certificate = event.certificate.empty() ? "" : ", certificate " + safe(event.certificate);
  return " over TLS (" + safe(event.tls) + cipher + certificate + ")";
}

std::string in_words(const ToldEvent& event) {
  const auto text = safe(event.text);
  const auto relay = safe(event.relay);
  const auto by = " by " + safe(event.service);
  const bool reached = !event.relay.empty() && event.relay != "none";
  const auto to = reached ? " by " + relay : std::string();
  const std::array<std::pair<std::string_view, std::string>, 21> words{{
      {"RECEIVE", "received from " + text},
      {"CLASS", "is " + text},
      {"RULE", "rule " + text},
      {"ACTION", "  action " + text},
      {"NOTE", "note: " + text},
      {"ARCHIVE", "archived as " + text},
      {"ROUTE", "routed through connector " + text},
      {"CHANGE", "change: " + text},
      {"REPLY", "answered " + text},
      {"SEND", "sent" + for_whom(event) + " to " + relay + with_tls(event) + by + ": " + text},
      {"DELIVER", "delivered" + for_whom(event) + " to " + relay + by + ": " + text},
      {"DEFER", "deferred" + for_whom(event) + to + with_tls(event) + ": " + text},
      {"FAIL", "failed" + for_whom(event) + to + with_tls(event) + ": " + text},
      {"EXPAND", "expanded" + for_whom(event) + ": " + text},
      {"REQUEUE", "requeued: " + text},
      {"HOLD", "held: " + text},
      {"RELEASE", "released from hold"},
      {"NOTICE", text},
      {"SEAL", "sealed as " + text + "; waits for the relay"},
      {"REFUSE", "refused by the MTA or another milter: " + text},
      {"DROP", "dropped" + for_whom(event) + by + ": " + text},
  }};
  const auto* const found =
      std::ranges::find(words, event.kind, &std::pair<std::string_view, std::string>::first);
  auto told = found == words.end() ? text : found->second;
  if (event.times > 1)
    told += " (" + std::to_string(event.times) + " times, last " + shown_time(event.last) + ")";
  return told;
}

}  // namespace

std::string shown_time(Instant instant) {
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  const hh_mm_ss time(instant - day);
  return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) +
         "-" + padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(time.hours().count(), 2) + ":" +
         padded(time.minutes().count(), 2) + ":" + padded(time.seconds().count(), 2) + "." +
         padded(time.subseconds().count(), 3) + "Z";
}

std::optional<Instant> time_of(std::string_view text) {
  Scanner scan(text);
  const auto y = scan.number(4);
  if (!y || !scan.skip("-")) return std::nullopt;
  const auto m = scan.number(2);
  if (!m || !scan.skip("-")) return std::nullopt;
  const auto d = scan.number(2);
  if (!d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::nullopt;
  Instant instant = sys_days(date);
  if (scan.at_end()) return instant;
  if (!scan.skip("T") && !scan.skip(" ")) return std::nullopt;
  const auto hour = scan.number(2);
  if (!hour || *hour > 23 || !scan.skip(":")) return std::nullopt;
  const auto minute = scan.number(2);
  if (!minute || *minute > 59) return std::nullopt;
  instant += hours(*hour) + minutes(*minute);
  if (scan.skip(":")) {
    const auto second = scan.number(2);
    if (!second || *second > 60) return std::nullopt;
    instant += seconds(*second);
    if (scan.skip(".")) {
      const auto thousandths = scan.number(3);
      if (!thousandths) return std::nullopt;
      instant += milliseconds(*thousandths);
    }
  }
  scan.skip("Z");
  if (!scan.at_end()) return std::nullopt;
  return instant;
}

std::string shown_gap(const Gap& gap) {
  const auto count =
      gap.lost ? std::to_string(*gap.lost) + " messages are" : "an unknown number of messages may be";
  return "gap: " + count + " missing between " + shown_time(gap.from) + " and " + shown_time(gap.until) +
         " (" + safe(gap.reason) + ")\n";
}

std::string shown_leak(const Leak& leak) {
  return shown_time(leak.time) + " " + leak.id + " " + safe(leak.queue_id) + " from " + safe(leak.sender) +
         " to " + safe(leak.recipient) + ": " + std::string(to_string(leak.kind)) + ": " + safe(leak.why) +
         "\n    Message-Id " + safe(leak.message_id) + ", Subject " + safe(leak.subject) + "\n";
}

std::string shown_story(const Story& story) {
  const auto& first = story.rows.front();
  std::string told = "Message " + first.id + ", " +
                     (first.queue_id.empty() ? "" : safe(first.queue_id) + ", ") +
                     std::to_string(first.size) + " bytes\n";
  told += "  Message-Id " + safe(first.message_id) + "\n  Subject    " + safe(first.subject) +
          "\n  From       <" + safe(first.sender) + ">\n";
  for (const auto& row : story.rows)
    told += "  To         <" + safe(row.recipient) + ">: " + row.status +
            (row.reply.empty() ? "" : ", " + safe(row.reply)) +
            (row.host.empty() ? "" : ", at " + safe(row.host)) +
            (row.tls.empty() ? "" : ", TLS " + safe(row.tls)) + "\n";
  for (const auto& event : story.events) told += shown_time(event.time) + "  " + in_words(event) + "\n";
  return told;
}

}  // namespace pams::milter::trace
