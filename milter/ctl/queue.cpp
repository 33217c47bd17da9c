// pamsctl queue: flagged mail that waits in the MTA's queue, why, and its safe way out.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/queue/postfix_queue.hpp"
#include "milter/ctl/queue/sendmail_queue.hpp"
#include "milter/ctl/queue/wait_reason.hpp"
#include "milter/trace/trace_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using nlohmann::json;

struct Options {
  bool as_json = false;
  bool all = false;
  std::vector<std::string> ids;
};

int complain(const std::string& what, int code) {
  std::cerr << "error: " << what << '\n';
  return code;
}

constexpr std::size_t kLongestReason = 400;

bool is_on_hold(const QueuedMessage& message) { return message.state() == QueuedMessage::State::OnHold; }

/// What keeps it: "guarded", "on_hold", "deferred", "active", "new".
std::string_view kind_of(const QueuedMessage& message, bool is_sealed) {
  if (!is_sealed) return "guarded";
  switch (message.state()) {
    case QueuedMessage::State::OnHold:
      return "on_hold";
    case QueuedMessage::State::Deferred:
      return "deferred";
    case QueuedMessage::State::Active:
      return "active";
    case QueuedMessage::State::New:
      break;
  }
  return "new";
}

class Listing {
 public:
  Listing(const FlaggedQueue& found, const std::string& trace_path)
      : found_(found), trace_path_(trace_path) {}

  void print_json() const {
    std::cout << json({{"unsealed", to_json(found_.unsealed, false)},
                       {"sealed", to_json(found_.sealed, true)}})
                     .dump(2, ' ', false, json::error_handler_t::replace)
              << '\n';
  }

  void print() const {
    print(found_.unsealed, false, "flagged and not sealed, kept from leaving; back through the milter",
          "release ID, or --all");
    auto held = found_.sealed, waiting = found_.sealed;
    std::erase_if(held, [](const auto& message) { return !is_on_hold(message); });
    std::erase_if(waiting, is_on_hold);
    print(held, true, "sealed and on hold; let go to pams-relay", "release ID");
    print(waiting, true, "sealed, tried again by themselves; at once", "release ID");
  }

 private:
  json to_json(const std::vector<QueuedMessage>& messages, bool is_sealed) const {
    auto out = json::array();
    for (const auto& message : messages)
      out.push_back({{"id", message.id},
                     {"queue", message.queue},
                     {"kind", kind_of(message, is_sealed)},
                     {"since", trace::shown_time(message.since)},
                     {"sender", message.sender},
                     {"recipients", message.recipients},
                     {"reason", message.reason},
                     {"why", wait_reason(message, is_sealed, trace_path_)}});
    return out;
  }

  void print(const std::vector<QueuedMessage>& messages, bool is_sealed, std::string_view what,
             std::string_view command) const {
    std::cout << messages.size() << " " << what << ": pamsctl queue " << command << '\n';
    for (const auto& message : messages)
      std::cout << "  " << message.id << "  " << trace::shown_time(message.since) << "  <"
                << text::printable(message.sender) << "> -> "
                << text::printable(text::join(message.recipients, ", ")) << "\n      "
                << text::printable(wait_reason(message, is_sealed, trace_path_), kLongestReason) << '\n';
  }

  const FlaggedQueue& found_;
  const std::string& trace_path_;
};

int list(const MailQueue& queue, const std::string& trace_path, bool as_json) {
  const auto found = queue.list();
  if (!found) return complain(found.error().what, kFoundWrong);
  const Listing listing(*found, trace_path);
  if (as_json)
    listing.print_json();
  else
    listing.print();
  return kFine;
}

/// What was done with it.
Result<std::string> release_one(const MailQueue& queue, const FlaggedQueue& all, const std::string& id) {
  const auto found = find_queued(all, id);
  if (!found) return tl::unexpected(found.error());
  const auto& message = *found->message;
  if (!found->is_sealed)
    return queue.release(message.id).map([&] { return message.id + ": submitted again"; });
  return queue.send_now(message).map([&] {
    return message.id +
           (is_on_hold(message) ? ": off hold, on its way to pams-relay" : ": is tried again now");
  });
}

int release(const MailQueue& queue, Options options) {
  const auto found = queue.list();
  if (!found) return complain(found.error().what, kFoundWrong);
  if (options.all)
    for (const auto& message : found->unsealed) options.ids.push_back(message.id);
  int code = kFine;
  for (const auto& id : options.ids) {
    if (const auto done = release_one(queue, *found, id))
      std::cout << *done << '\n';
    else
      code = complain(text::printable(id, 40) + ": " + done.error().what, kFoundWrong);
  }
  if (options.ids.empty()) std::cout << "nothing to release\n";
  return code;
}

int run(const Globals& globals, const Options& options, bool releases) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFoundWrong;
  const auto& settings = loaded.config->settings;
  if (geteuid() != 0) return complain("the MTA shows its queue to root only: run this as root", kUsage);
  const mta::Postfix postfix(settings.postfix_config);
  std::unique_ptr<MailQueue> queue;
  if (settings.mta == MtaKind::Sendmail)
    queue = std::make_unique<SendmailQueue>(mta::Sendmail(settings), loaded.config->policy.pams.header);
  else
    queue = std::make_unique<PostfixQueue>(postfix, loaded.config->policy.pams.header);
  return releases ? release(*queue, options) : list(*queue, settings.trace.path, options.as_json);
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  const auto options = std::make_shared<Options>();
  auto* const list_all = app.add_subcommand(
      "list",
      "List flagged mail that waits, and why: not sealed (the milter never saw it), on hold, deferred");
  list_all->add_flag("--json", options->as_json, "Print JSON");
  auto* const release_some = app.add_subcommand(
      "release",
      "Let flagged mail go its safe way. Sealed: to pams-relay, from hold or before its next try. Not sealed: back through the milter; it is put on hold, submitted again as local mail, and then deleted, and when this is interrupted, it stays on hold and may come twice");
  auto* const ids =
      release_some->add_option("id", options->ids, "Queue ids that `list` shows, or the beginning of one");
  auto* const all = release_some->add_flag("--all", options->all, "All that `list` shows as not sealed");
  ids->excludes(all);
  app.require_subcommand(1);
  return [options, &globals, release_some] {
    if (release_some->parsed() && !options->all && options->ids.empty())
      return complain("which? Give queue ids, or --all", kUsage);
    return run(globals, *options, release_some->parsed());
  };
}

constexpr Example kExamples[] = {
    {"What waits, and why", "pamsctl queue list"},
    {"Bring one message back through the milter", "pamsctl queue release 4Zq1Xy0Wz1z2Abc"},
    {"Bring back all that no milter saw", "pamsctl queue release --all"},
};

}  // namespace

extern const Command queue;
const Command queue{
    .name = "queue",
    .summary = "Flagged mail that waits in the queue, why, and its way out",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
