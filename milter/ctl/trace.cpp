// pamsctl trace: Exchange's Get-MessageTrace. Where is my mail, what happened to it, and did any leak?
#include <algorithm>
#include <chrono>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output/standard_output.hpp"
#include "milter/ctl/output/table.hpp"
#include "milter/ctl/trace/evidence.hpp"
#include "milter/ctl/trace/rows.hpp"
#include "milter/trace/told_event_json.hpp"
#include "milter/trace/trace_query.hpp"
#include "milter/trace/trace_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using nlohmann::json;
using namespace pams::milter::trace;

struct Options {
  Filter filter;
  std::string status, since, until, id, output;
  bool as_json = false, as_csv = false, is_wide = false;
};

void print_json(const json& value) {
  std::cout << value.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

json to_json(const StatusRow& row) {
  return {{"id", row.id},
          {"received", shown_time(row.received)},
          {"message_id", row.message_id},
          {"queue_id", row.queue_id},
          {"sender", row.sender},
          {"recipient", row.recipient},
          {"subject", row.subject},
          {"status", row.status},
          {"class", row.message_class},
          {"route", row.route.empty() ? json(nullptr) : json(row.route)},
          {"reply", row.reply},
          {"tls", row.tls},
          {"size", row.size},
          {"client", row.client},
          {"host", row.host}};
}

json to_json(const Gap& gap) {
  return {{"from", shown_time(gap.from)},
          {"until", shown_time(gap.until)},
          {"lost", gap.lost ? json(*gap.lost) : json(nullptr)},
          {"reason", gap.reason}};
}

json to_json(const Leak& leak) {
  return {{"id", leak.id},
          {"queue_id", leak.queue_id},
          {"message_id", leak.message_id},
          {"subject", leak.subject},
          {"time", shown_time(leak.time)},
          {"sender", leak.sender},
          {"recipient", leak.recipient},
          {"why", leak.why},
          {"kind", to_string(leak.kind)}};
}

template <class T>
json array_of(const std::vector<T>& all) {
  auto array = json::array();
  for (const auto& one : all) array.push_back(json(to_json(one)));
  return array;
}

int complain(const std::string& what, Exit code) {
  std::cerr << what << '\n';
  return code;
}

/// The database that the configuration names, for `use`; 1 when there is none.
int with_trace(const Globals& globals, const std::function<int(const Config&, TraceQuery&)>& use) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFoundWrong;
  auto query = TraceQuery::open(loaded.config->settings.trace.path);
  if (!query) return complain(query.error().what, kFoundWrong);
  return use(*loaded.config, *query);
}

void print_gaps(const std::vector<Gap>& gaps) {
  for (const auto& gap : gaps) std::cerr << shown_gap(gap);
}

/// What the trace lacks at this time, below what it has; whether it lacks anything.
bool print_state(const TraceQuery& query) {
  const auto state = query.state();
  const auto told = state ? shown_state(*state) : "note: " + state.error().what + "\n";
  std::cerr << told;
  return !told.empty();
}

int list(TraceQuery& query, const Options& options) {
  const auto rows = query.find(options.filter);
  if (!rows) return complain(rows.error().what, kFoundWrong);
  const auto gaps = query.gaps(options.filter.since, options.filter.until);
  if (!gaps) return complain(gaps.error().what, kFoundWrong);
  if (options.as_json) {
    print_json(array_of(*rows));
  } else if (options.as_csv) {
    std::cout << csv_of(*rows);
  } else if (rows->empty()) {
    std::cout << "none\n";
  } else {
    output::page();
    std::cout << table_of(*rows, output::table_width(options.is_wide));
  }
  if (rows->size() == options.filter.limit)
    std::cerr << "the newest " << rows->size() << " rows; --limit shows more\n";
  print_gaps(*gaps);
  print_state(query);
  return kFine;
}

/// The whole id of the one message that is meant. What to say otherwise is an Error.
Result<std::string> whole_id(TraceQuery& query, const std::string& beginning) {
  constexpr std::size_t kShown = 10;
  const auto found = query.like(beginning, kShown + 1);
  if (!found) return tl::unexpected(found.error());
  const auto quoted = "'" + text::printable(beginning, 60) + "'";
  if (found->empty())
    return fail(Failure::Refused, "there is no message whose id is or begins with " + quoted);
  if (found->size() == 1) return found->front().id;
  auto told =
      "the ids of several messages begin with " + quoted + ":\n" +
      table_of({found->begin(), found->begin() + std::min<std::ptrdiff_t>(std::ssize(*found), kShown)},
               output::table_width(false));
  if (found->size() > kShown) told += "and more\n";
  told.pop_back();
  return fail(Failure::Refused, told);
}

int show(TraceQuery& query, const Options& options) {
  const auto id = whole_id(query, options.id);
  if (!id) return complain(id.error().what, kFoundWrong);
  const auto story = query.story(*id);
  if (!story) return complain(story.error().what, kFoundWrong);
  if (!*story) return complain("the message was forgotten just now", kFoundWrong);
  if (!options.as_json) output::page();
  if (options.as_json)
    print_json({{"recipients", array_of((*story)->rows)}, {"events", array_of((*story)->events)}});
  else
    std::cout << shown_story(**story);
  print_state(query);
  return kFine;
}

int evidence_of(const Config& config, TraceQuery& query, const Options& options) {
  const auto id = whole_id(query, options.id);
  return id ? give_evidence(config, query, *id, options.output) : complain(id.error().what, kFoundWrong);
}

int leaks(TraceQuery& query, const Options& options) {
  const auto found = query.leaks();
  if (!found) return complain(found.error().what, kFoundWrong);
  const auto gaps = query.gaps({}, {});
  if (!gaps) return complain(gaps.error().what, kFoundWrong);
  if (options.as_json) print_json({{"leaks", array_of(*found)}, {"gaps", array_of(*gaps)}});
  if (!options.as_json)
    for (const auto& leak : *found) std::cout << shown_leak(leak);
  const auto state = query.state();
  const bool knows_all = gaps->empty() && state && *state == TraceState{};
  if (!options.as_json && found->empty())
    std::cout << (knows_all ? "none\n" : "none is known, but the trace does not know of all mail:\n");
  print_gaps(*gaps);
  const bool lacks_some_now = print_state(query);
  return found->empty() && !lacks_some_now ? kFine : kFoundWrong;
}

/// Takes the options that are text into the filter; what is wrong with them, or "".
std::string read_filter(Options& options) {
  auto& filter = options.filter;
  if (!options.status.empty() && !(filter.status = status_of(options.status)))
    return "--status is one of " + status_names();
  const auto now = std::chrono::floor<Instant::duration>(std::chrono::system_clock::now());
  if (!options.since.empty() && !(filter.since = moment_in(options.since, now)))
    return moment_help("--since");
  if (!options.until.empty() && !(filter.until = moment_in(options.until, now)))
    return moment_help("--until");
  return "";
}

void declare_filter(CLI::App& app, Options& options) {
  auto& filter = options.filter;
  app.add_option("text", filter.text,
                 "Part of an address, of the subject or of the Message-ID; a queue id; or how an id begins");
  app.add_option(
      "--from", filter.sender,
      "Envelope sender: an address, @example.org for a whole domain, or with * and ?; <> for none");
  app.add_option("--to", filter.recipient, "Envelope recipient, in the same ways");
  app.add_option("--message-id", filter.message_id, "With or without <>");
  app.add_option("--queue-id", filter.queue_id, "Any that the message ever had");
  app.add_option("--subject", filter.subject, "A part of it");
  app.add_option("--status", options.status, status_names());
  app.add_option(
      "--since", options.since,
      "Received at or after this time: 2026-11-23T12:00:00Z, 2026-11-23, or how long ago: 1h, 2 weeks");
  app.add_option("--until", options.until, "Received before this time, in the same ways");
  app.add_option("--limit", filter.limit, "The most rows, newest first")->capture_default_str();
}

/// A filter that stands beside a subcommand, where it would have no effect; null when none does.
const CLI::Option* filter_beside(const CLI::App& app) {
  if (app.get_subcommands().empty()) return nullptr;
  const auto given = app.get_options(
      [](const CLI::Option* option) { return option->count() > 0 && option->get_name() != "--json"; });
  return given.empty() ? nullptr : given.front();
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<Options>();
  declare_filter(app, *options);
  auto* const as_json = app.add_flag("--json", options->as_json, "Print JSON");
  app.add_flag(
         "--csv", options->as_csv,
         "Print comma-separated values. Text that a spreadsheet would run as a formula has a ' in front")
      ->excludes(as_json);
  app.add_flag("--wide", options->is_wide, "A line a row, however wide the terminal is");
  auto* const show_one = app.add_subcommand("show", "Tell all that happened to one message");
  show_one->add_option("id", options->id, "The message's id, or how it begins")->required();
  auto* const show_leaks = app.add_subcommand(
      "leaks", "List flagged messages of which anything but a verified delivery by the relay is known");
  auto* const evidence =
      app.add_subcommand("evidence", "Tell an auditor all that is known of one message, signed");
  evidence->add_option("id", options->id, "The message's id, or how it begins")->required();
  evidence->add_option("--output", options->output, "Write it here, signed; without: printed, unsigned");
  evidence->footer(evidence_help());
  for (auto* sub : {show_one, show_leaks, evidence}) sub->fallthrough();
  app.require_subcommand(0, 1);
  return [options, &app, &globals, show_one, show_leaks, evidence] {
    if (const auto* needless = filter_beside(app); needless != nullptr)
      return complain("pamsctl trace: " + needless->get_name() + " is for the list; it says nothing here",
                      kUsage);
    if (const auto wrong = read_filter(*options); !wrong.empty()) return complain(wrong, kUsage);
    return with_trace(globals, [&](const Config& config, TraceQuery& query) {
      if (evidence->parsed()) return evidence_of(config, query, *options);
      if (show_one->parsed()) return show(query, *options);
      return show_leaks->parsed() ? leaks(query, *options) : list(query, *options);
    });
  };
}

constexpr Example kExamples[] = {
    {"Where is the mail that somebody waits for?", "pamsctl trace --to someone@partner.example --since 2h"},
    {"All mail to one domain, in a spreadsheet",
     "pamsctl trace --to @partner.example --since '1 month' --csv > trace.csv"},
    {"What was refused for a sender", "pamsctl trace --from 'ann*@example.org' --status Rejected"},
    {"Anything that has these words in it", "pamsctl trace 'annual report'"},
    {"The whole story of one message", "pamsctl trace show 5ab1c2"},
    {"All that is known of one message, signed", "pamsctl trace evidence 5ab1c2 --output case-7.json"},
    {"Did anything but its connector touch a flagged message? Must say: none", "pamsctl trace leaks"},
};

}  // namespace

extern const Command trace;
const Command trace{
    .name = "trace",
    .summary = "Find messages and tell what happened to them",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
