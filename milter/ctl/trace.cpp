// pamsctl trace: Exchange's Get-MessageTrace. Where is my mail, what happened to it, and did any leak?
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/trace/evidence.hpp"
#include "milter/trace/trace_query.hpp"
#include "milter/trace/trace_text.hpp"

namespace pams::milter::ctl {
namespace {

using nlohmann::json;
using namespace pams::milter::trace;

struct Options {
  Filter filter;
  std::string status, since, until, id, output;
  bool as_json = false;
};

std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t kNoTerminal = 160;
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return kNoTerminal;
  return size.ws_col == 0 ? kNoTerminal : size.ws_col;
}

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

json to_json(const ToldEvent& event) {
  return {{"time", shown_time(event.time)},
          {"last", shown_time(event.last)},
          {"times", event.times},
          {"event", event.kind},
          {"text", event.text},
          {"recipient", event.recipient},
          {"service", event.service},
          {"relay", event.relay},
          {"result", event.result},
          {"tls", event.tls},
          {"address", event.address},
          {"cipher", event.cipher},
          {"certificate", event.certificate}};
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
  for (const auto& one : all) array.push_back(to_json(one));
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
  } else if (rows->empty()) {
    std::cout << "none\n";
  } else {
    std::cout << shown_table(*rows, terminal_width());
  }
  print_gaps(*gaps);
  print_state(query);
  return kFine;
}

int show(TraceQuery& query, const Options& options) {
  const auto story = query.story(options.id);
  if (!story) return complain(story.error().what, kFoundWrong);
  if (!*story) return complain("there is no message with this id", kFoundWrong);
  if (options.as_json)
    print_json({{"recipients", array_of((*story)->rows)}, {"events", array_of((*story)->events)}});
  else
    std::cout << shown_story(**story);
  print_state(query);
  return kFine;
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
  if (!options.since.empty() && !(filter.since = time_of(options.since)))
    return "--since is a time in UTC: 2026-11-23T12:00:00Z";
  if (!options.until.empty() && !(filter.until = time_of(options.until)))
    return "--until is a time in UTC: 2026-11-23T12:00:00Z";
  return "";
}

void declare_filter(CLI::App& app, Options& options) {
  auto& filter = options.filter;
  app.add_option("--from", filter.sender, "Envelope sender");
  app.add_option("--to", filter.recipient, "Envelope recipient");
  app.add_option("--message-id", filter.message_id, "With or without <>");
  app.add_option("--queue-id", filter.queue_id, "Any that the message ever had");
  app.add_option("--subject", filter.subject, "A part of it");
  app.add_option("--status", options.status, status_names());
  app.add_option("--since", options.since, "Received at or after this time (UTC)");
  app.add_option("--until", options.until, "Received before this time (UTC)");
  app.add_option("--limit", filter.limit, "The most rows, newest first")->capture_default_str();
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<Options>();
  declare_filter(app, *options);
  app.add_flag("--json", options->as_json, "Print JSON");
  auto* const show_one = app.add_subcommand("show", "Tell all that happened to one message");
  show_one->add_option("id", options->id, "The message's id")->required();
  auto* const show_leaks = app.add_subcommand(
      "leaks", "List flagged messages of which anything but a verified delivery by the relay is known");
  auto* const evidence =
      app.add_subcommand("evidence", "Tell an auditor all that is known of one message, signed");
  evidence->add_option("id", options->id, "The message's id")->required();
  evidence->add_option("--output", options->output, "Write it here, signed; without: printed, unsigned");
  evidence->footer(evidence_help());
  for (auto* sub : {show_one, show_leaks, evidence}) sub->fallthrough();
  app.require_subcommand(0, 1);
  return [options, &globals, show_one, show_leaks, evidence] {
    if (const auto wrong = read_filter(*options); !wrong.empty()) return complain(wrong, kUsage);
    return with_trace(globals, [&](const Config& config, TraceQuery& query) {
      if (evidence->parsed()) return give_evidence(config, query, options->id, options->output);
      if (show_one->parsed()) return show(query, *options);
      return show_leaks->parsed() ? leaks(query, *options) : list(query, *options);
    });
  };
}

}  // namespace

extern const Command trace;
const Command trace{
    .name = "trace",
    .summary = "Find messages and tell what happened to them",
    .declare = declare,
};

}  // namespace pams::milter::ctl
