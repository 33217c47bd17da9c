#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "milter/archive/exporting.hpp"
#include "milter/archive/record_json.hpp"
#include "milter/base/time_text.hpp"
#include "milter/ctl/archive/asked_query.hpp"
#include "milter/ctl/archive/commands.hpp"
#include "milter/ctl/archive/opened.hpp"
#include "milter/ctl/archive/record_list.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output/progress.hpp"
#include "milter/ctl/output/standard_output.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/message/content.hpp"

namespace pams::milter::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const archive::RecordRow& row, const archive::Fate& fate) {
  auto json = archive::record_json(row, fate);
  json["size"] = row.size;
  return json;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text::printable(text, 500); }

ListForm form_of(const ArchiveOptions& options) {
  if (options.as_json) return ListForm::Json;
  if (options.as_csv) return ListForm::Csv;
  return options.is_wide ? ListForm::WideTable : ListForm::Table;
}

Status print_one(OpenedArchive& archive, const archive::RecordRow& row, RecordList& listing) {
  return archive.rows().fate_of(row).map([&](const archive::Fate& fate) { listing.add(row, fate); });
}

Status print_each(OpenedArchive& archive, const std::vector<std::int64_t>& found, RecordList& listing) {
  for (const auto number : found) {
    if (!output::is_open()) break;
    const auto row = archive.rows().record(number);
    if (!row) return tl::unexpected(row.error());
    if (!*row) continue;
    if (const auto printed = print_one(archive, **row, listing); !printed) return printed;
  }
  return {};
}

Result<std::string> content_of(OpenedArchive& archive, const archive::RecordRow& row) {
  return archive.objects().load(row.sent, static_cast<std::size_t>(row.size));
}

void print_text(const archive::RecordRow& row, const archive::Fate& fate, const Message* message,
                const std::string& text) {
  std::cout << "id          " << row.id << "\nnumber      " << row.number << "\ntime        "
            << iso8601(row.time) << "\nqueue id    " << or_dash(fate.queue_id) << "\ntries       "
            << or_dash(text::join(fate.queue_ids, ", ")) << "\noutcome     " << archive::to_text(fate.outcome)
            << (fate.reason.empty() ? "" : ": " + text::printable(fate.reason, 500)) << "\nsender      <"
            << text::printable(row.sender) << ">\n";
  for (const auto& recipient : row.recipients)
    std::cout << "recipient   <" << text::printable(recipient) << ">\n";
  std::cout << "size        " << row.size << "\nrules       " << or_dash(text::join(row.rules, ", "))
            << "\nactions     " << or_dash(text::join(row.actions, ", ")) << "\nconnector   "
            << or_dash(row.connector) << "\nsent        " << row.sent << "\nreceived    "
            << (row.received == row.sent ? "the same" : row.received) << "\n\n";
  if (message == nullptr) {
    std::cout << "The message is encrypted; export it and open it with\n"
                 "  openssl cms -decrypt -inform DER -in FILE.cms -inkey KEY.pem\n";
    return;
  }
  for (const auto& field : message->headers.fields())
    std::cout << text::printable(field.name) << ": " << text::printable(field.unfolded(), 4096) << '\n';
  std::cout << '\n';
  for (const auto line : text::split(text, '\n')) std::cout << text::printable(line, 1U << 20U) << '\n';
}

Json to_json(const archive::RecordRow& row, const archive::Fate& fate, const Message* message,
             const std::string& text) {
  auto json = to_json(row, fate);
  json["queue_ids"] = fate.queue_ids;
  json["message_ids"] = fate.message_ids;
  json["number"] = row.number;
  json["actions"] = row.actions;
  json["sent"] = row.sent;
  json["received"] = row.received;
  json["encrypted"] = row.is_encrypted();
  if (message == nullptr) return json;
  json["header"] = message->headers.wire();
  json["text"] = text;
  return json;
}

Status must_be_made(OpenedArchive& archive, const ArchiveSettings& settings) {
  if (archive.is_made()) return archive.open();
  return fail(Failure::Misconfigured,
              settings.path + ": there is no archive; the milter makes it when it starts");
}

/// The one record that is meant. What to say otherwise is an Error.
Result<archive::RecordRow> record_like(OpenedArchive& archive, const std::string& id) {
  const auto found = archive.rows().records_like(text::to_lower(id));
  if (!found) return tl::unexpected(found.error());
  const auto quoted = "'" + text::printable(id, 80) + "'";
  if (found->empty()) return fail(Failure::Temporary, "no record's id is or begins with " + quoted);
  if (found->size() == 1) return found->front();
  output::Table table({"ID", "TIME (UTC)", "SENDER", "SUBJECT"});
  for (const auto& row : *found)
    table.add({{row.id.substr(0, std::max<std::size_t>(16, id.size() + 4))},
               {iso8601(row.time)},
               {or_dash(row.sender)},
               {or_dash(row.subject)}});
  return fail(Failure::Temporary, "the ids of several records begin with " + quoted + ":\n" +
                                      table.text(output::table_width(false)) + "Give more of the id.");
}

bool asks_when_sent(const query::Query& query) {
  const auto some = [](const auto& node) {
    return std::ranges::any_of(node.parts, [](const auto& part) { return asks_when_sent(*part); });
  };
  return std::visit(
      overloaded{[](const query::Range& range) { return range.field == query::Field::Sent; },
                 [](const query::Not& negated) { return asks_when_sent(*negated.part); },
                 [&](const query::And& all) { return some(all); },
                 [&](const query::Or& any) { return some(any); }, [](const auto&) { return false; }},
      query.node);
}

/// Of those that `query` may have looked at.
Result<std::int64_t> undated_records(OpenedArchive& archive, const query::Query& query) {
  return asks_when_sent(query) ? archive.without_date() : 0;
}

void tell_of_undated(std::int64_t count) {
  if (count > 0)
    std::cerr << count
              << " without a Date that can be read: for sent: they were sent when they were archived\n";
}

archive::ExportFormat format_in(const std::string& name) {
  if (name == "eml") return archive::ExportFormat::Eml;
  return name == "zip" ? archive::ExportFormat::Zip : archive::ExportFormat::Mboxrd;
}

}  // namespace

Result<int> search_archive(const ArchiveSettings& settings, const ArchiveOptions& options) {
  OpenedArchive archive(settings);
  const auto query = query_now(options.query);
  if (!query) return tl::unexpected(query.error());
  if (const auto opened = must_be_made(archive, settings); !opened) return tl::unexpected(opened.error());
  const auto found = archive.find(**query, OpenedArchive::Timeout::AFewSeconds);
  if (!found) return tl::unexpected(found.error());
  const auto lag = archive.not_indexed();
  if (!lag) return tl::unexpected(lag.error());
  const auto in_part = archive.not_wholly_searched();
  if (!in_part) return tl::unexpected(in_part.error());
  const auto undated = undated_records(archive, **query);
  if (!undated) return tl::unexpected(undated.error());
  RecordList listing(form_of(options));
  const auto printed = print_each(archive, *found, listing);
  listing.finish(*lag, *in_part);
  tell_of_undated(*undated);
  return printed.map([] { return int{kFine}; });
}

Result<int> list_archive(const ArchiveSettings& settings, const ArchiveOptions& options) {
  OpenedArchive archive(settings);
  if (const auto opened = must_be_made(archive, settings); !opened) return tl::unexpected(opened.error());
  const auto lag = archive.not_indexed();
  if (!lag) return tl::unexpected(lag.error());
  RecordList listing(form_of(options));
  Status printed;
  const auto read = archive.rows().each_record(0, [&](const archive::RecordRow& row) {
    printed = print_one(archive, row, listing);
    return printed.has_value() && output::is_open();
  });
  listing.finish(*lag, 0);
  return read.and_then([&] { return printed; }).map([] { return int{kFine}; });
}

Result<int> show_record(const ArchiveSettings& settings, const ArchiveOptions& options) {
  OpenedArchive archive(settings);
  if (const auto opened = must_be_made(archive, settings); !opened) return tl::unexpected(opened.error());
  const auto found = record_like(archive, options.id);
  if (!found) return tl::unexpected(found.error());
  const auto& row = *found;
  const auto fate = archive.rows().fate_of(row);
  if (!fate) return tl::unexpected(fate.error());
  Message message;
  std::string text;
  if (!row.is_encrypted()) {
    const auto content = content_of(archive, row);
    if (!content) return tl::unexpected(content.error());
    message = parse_message(*content);
    if (const auto map = map_mime(message, MimeLimits{}))
      text = body_text(*map, message.body.view(), 1U << 20U).text;
  }
  const auto* readable = row.is_encrypted() ? nullptr : &message;
  if (!options.as_json) output::page();
  if (options.as_json)
    std::cout << dump(to_json(row, *fate, readable, text), 2) << '\n';
  else
    print_text(row, *fate, readable, text);
  return kFine;
}

Result<int> export_archive(const ArchiveSettings& settings, const ArchiveOptions& options) {
  const auto query = query_now(options.query);
  if (!query) return tl::unexpected(query.error());
  OpenedArchive archive(settings);
  if (const auto opened = must_be_made(archive, settings); !opened) return tl::unexpected(opened.error());
  const auto found = archive.find(**query, OpenedArchive::Timeout::UntilAllIsIndexed);
  if (!found) return tl::unexpected(found.error());
  output::Progress progress("exported");
  const auto exported = archive::export_records(
      archive.rows(), archive.objects(), *found,
      {format_in(options.format), options.output,
       options.version == "received" ? archive::ExportVersion::Received : archive::ExportVersion::Sent,
       [&](std::int64_t done, std::int64_t total) { progress.at(done, total); }});
  if (!exported) return tl::unexpected(exported.error());
  for (const auto& problem : exported->problems) std::cerr << text::printable(problem) << '\n';
  const auto lag = archive.not_indexed().value_or(0);
  if (lag > 0) std::cerr << lag << " not yet indexed: they were not looked at\n";
  if (const auto in_part = archive.not_wholly_searched().value_or(0); in_part > 0)
    tell_of_unsearched(in_part);
  tell_of_undated(undated_records(archive, **query).value_or(0));
  if (options.as_json)
    std::cout << dump({{"records", exported->records},
                       {"output", options.output},
                       {"problems", exported->problems},
                       {"not_indexed", lag}},
                      2)
              << '\n';
  else
    std::cout << options.output << ": " << exported->records << " record(s)\n";
  return exported->problems.empty() ? kFine : kFoundWrong;
}

}  // namespace pams::milter::ctl
