#include "milter/ctl/trace/rows.hpp"

#include "milter/base/age.hpp"
#include "milter/base/csv.hpp"
#include "milter/ctl/output/table.hpp"
#include "milter/trace/trace_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using output::Colour;
using trace::StatusRow;

Colour colour_of(const std::string& status) {
  if (status == "Delivered" || status == "Expanded") return Colour::Green;
  return status == "Failed" || status == "Rejected" ? Colour::Red : Colour::Yellow;
}

output::Cell cell(const std::string& text) { return {text::printable(text, 2000)}; }

}  // namespace

std::string table_of(const std::vector<StatusRow>& rows, std::size_t width) {
  output::Table table({"ID", "RECEIVED (UTC)", "STATUS", "CLASS", "SENDER", "RECIPIENT", "SUBJECT"});
  for (const auto& row : rows)
    table.add({cell(row.id), cell(trace::shown_time(row.received).substr(0, 19)),
               output::Cell{row.status, colour_of(row.status)}, cell(row.message_class),
               cell(row.sender.empty() ? "<>" : row.sender), cell(row.recipient), cell(row.subject)});
  return table.text(width);
}

std::string csv_of(const std::vector<StatusRow>& rows) {
  auto out = csv_line({"id", "received", "status", "class", "sender", "recipient", "subject", "message_id",
                       "queue_id", "route", "host", "tls", "reply", "size", "client"});
  for (const auto& row : rows)
    out += csv_line({row.id, trace::shown_time(row.received), row.status, row.message_class, row.sender,
                     row.recipient, row.subject, row.message_id, row.queue_id, row.route, row.host, row.tls,
                     row.reply, std::to_string(row.size), row.client});
  return out;
}

std::optional<trace::Instant> moment_in(const std::string& text, trace::Instant now) {
  if (const auto age = age_in(text)) return before(std::chrono::floor<std::chrono::seconds>(now), *age);
  return trace::time_of(text);
}

std::string moment_help(const std::string& option) {
  return option +
         " is a time in UTC (2026-11-23T12:00:00Z, 2026-11-23) or how long ago it was: \"1h\", \"2 weeks\" (" +
         std::string(kAgeUnits) + ")";
}

}  // namespace pams::milter::ctl
