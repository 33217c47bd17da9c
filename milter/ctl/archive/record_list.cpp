#include "milter/ctl/archive/record_list.hpp"

#include <iostream>

#include <nlohmann/json.hpp>

#include "milter/archive/record_json.hpp"
#include "milter/base/csv.hpp"
#include "milter/base/time_text.hpp"
#include "milter/ctl/output/standard_output.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using output::Colour;

constexpr std::size_t kRowsAtOnce = 200;  // columns are as wide as these need

output::Cell cell(const std::string& text) { return {text.empty() ? "-" : text::printable(text, 2000)}; }

output::Cell outcome(const archive::Fate& fate) {
  auto text = std::string(archive::to_text(fate.outcome));
  if (!fate.reason.empty()) text += ": " + text::printable(fate.reason);
  return {text, fate.outcome == archive::RecordOutcome::Sent ? Colour::Green : Colour::Yellow};
}

std::string json_of(const archive::RecordRow& row, const archive::Fate& fate) {
  auto json = archive::record_json(row, fate);
  json["size"] = row.size;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string csv_of(const archive::RecordRow& row, const archive::Fate& fate) {
  return csv_line({row.id, iso8601(row.time), row.message_id, fate.queue_id, row.sender,
                   text::join(row.recipients, "; "), row.subject, std::to_string(row.size),
                   text::join(row.rules, "; "), row.connector, std::string(archive::to_text(fate.outcome)),
                   fate.reason});
}

}  // namespace

RecordList::RecordList(ListForm form)
    : form_(form),
      table_({"ID", "TIME (UTC)", "SIZE", "OUTCOME", "SENDER", "RECIPIENTS", "SUBJECT", "RULES", "CONNECTOR",
              "QUEUE ID", "MESSAGE-ID"}) {
  if (form_ == ListForm::Json) std::cout << "[";
  if (form_ == ListForm::Csv)
    std::cout << csv_line({"id", "time", "message_id", "queue_id", "sender", "recipients", "subject", "size",
                           "rules", "connector", "outcome", "reason"});
  if (form_ == ListForm::Table || form_ == ListForm::WideTable) output::page();
}

void RecordList::add(const archive::RecordRow& row, const archive::Fate& fate) {
  if (form_ == ListForm::Json) std::cout << (is_first_ ? "\n  " : ",\n  ") << json_of(row, fate);
  is_first_ = false;
  if (form_ == ListForm::Csv) std::cout << csv_of(row, fate);
  if (form_ == ListForm::Json || form_ == ListForm::Csv) return;
  table_.add({cell(row.id.substr(0, 16)), cell(iso8601(row.time).substr(0, 19)),
              cell(std::to_string(row.size)), outcome(fate), cell(row.sender.empty() ? "<>" : row.sender),
              cell(text::join(row.recipients, ", ")), cell(row.subject), cell(text::join(row.rules, ", ")),
              cell(row.connector), cell(fate.queue_id), cell(row.message_id)});
  if (table_.rows() == kRowsAtOnce) print_table();
}

void RecordList::print_table() {
  std::cout << table_.next_part(output::table_width(form_ == ListForm::WideTable));
}

void RecordList::finish(std::int64_t not_indexed, std::int64_t not_searched) {
  if (form_ == ListForm::Json) std::cout << "\n]\n";
  print_table();
  if (is_first_ && (form_ == ListForm::Table || form_ == ListForm::WideTable)) std::cout << "none\n";
  if (not_indexed > 0) std::cerr << not_indexed << " not yet indexed: no search finds them yet\n";
  if (not_searched > 0) tell_of_unsearched(not_searched);
}

void tell_of_unsearched(std::int64_t count) {
  std::cerr << count << " encrypted or very large: searched by metadata only, or in part\n";
}

}  // namespace pams::milter::ctl
