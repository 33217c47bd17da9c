// pamsctl queue: flagged mail in Postfix's queue that the milter never took charge of, and its way back.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/queue/postfix_queue.hpp"
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

json to_json(const std::vector<QueuedMessage>& messages) {
  auto out = json::array();
  for (const auto& message : messages)
    out.push_back({{"id", message.id},
                   {"queue", message.queue},
                   {"since", trace::shown_time(message.since)},
                   {"sender", message.sender},
                   {"recipients", message.recipients},
                   {"reason", message.reason}});
  return out;
}

void print(const std::vector<QueuedMessage>& messages) {
  for (const auto& message : messages) {
    std::cout << "  " << message.id << "  " << message.queue << "  " << trace::shown_time(message.since)
              << "  <" << text::printable(message.sender) << "> -> "
              << text::printable(text::join(message.recipients, ", ")) << '\n';
    if (!message.reason.empty()) std::cout << "      " << text::printable(message.reason, 200) << '\n';
  }
}

void print(const FlaggedQueue& found) {
  std::cout << found.unsealed.size() << " flagged and not sealed, kept by the guard rules"
            << (found.unsealed.empty() ? "\n" : " (pamsctl queue release ID, or --all):\n");
  print(found.unsealed);
  std::cout << found.sealed.size()
            << " sealed, waiting for pams-relay (they go by themselves; at once: postqueue -i ID)"
            << (found.sealed.empty() ? "\n" : ":\n");
  print(found.sealed);
}

int list(const PostfixQueue& queue, bool as_json) {
  const auto found = queue.list();
  if (!found) return complain(found.error().what, kFoundWrong);
  if (as_json)
    std::cout << json({{"unsealed", to_json(found->unsealed)}, {"sealed", to_json(found->sealed)}})
                     .dump(2, ' ', false, json::error_handler_t::replace)
              << '\n';
  else
    print(*found);
  return kFine;
}

bool holds(const std::vector<QueuedMessage>& messages, const std::string& id) {
  return std::ranges::any_of(messages, [&](const QueuedMessage& message) { return message.id == id; });
}

std::optional<std::string> why_not(const FlaggedQueue& found, const std::string& id) {
  if (holds(found.unsealed, id)) return std::nullopt;
  return holds(found.sealed, id) ? "it is sealed and goes by itself; at once: postqueue -i " + id
                                 : "there is no flagged message of this id in the queue";
}

int release(const PostfixQueue& queue, Options options) {
  const auto found = queue.list();
  if (!found) return complain(found.error().what, kFoundWrong);
  if (options.all)
    for (const auto& message : found->unsealed) options.ids.push_back(message.id);
  int code = kFine;
  for (const auto& id : options.ids) {
    auto wrong = why_not(*found, id);
    if (!wrong)
      if (const auto released = queue.release(id); !released) wrong = released.error().what;
    if (!wrong)
      std::cout << id << ": submitted again\n";
    else
      code = complain(text::printable(id, 40) + ": " + *wrong, kFoundWrong);
  }
  if (options.ids.empty()) std::cout << "nothing to release\n";
  return code;
}

int run(const Globals& globals, const Options& options, bool releases) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFoundWrong;
  const auto& settings = loaded.config->settings;
  if (settings.mta == MtaKind::Sendmail) {
    std::cerr
        << "Sendmail never queues flagged mail that the milter did not see: the milter's F=T defers it\n";
    if (!releases && options.as_json)
      std::cout << json({{"unsealed", json::array()}, {"sealed", json::array()}}) << '\n';
    return releases ? kUsage : kFine;
  }
  if (geteuid() != 0) return complain("Postfix shows its queue to root only: run this as root", kUsage);
  const mta::Postfix postfix(settings.postfix_config);
  const PostfixQueue queue(postfix, loaded.config->policy.pams.header);
  return releases ? release(queue, options) : list(queue, options.as_json);
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  const auto options = std::make_shared<Options>();
  auto* const list_all = app.add_subcommand(
      "list", "List flagged mail that is not sealed, because the milter never saw it; and what waits sealed");
  list_all->add_flag("--json", options->as_json, "Print JSON");
  auto* const release_some = app.add_subcommand(
      "release",
      "Bring unsealed flagged mail back through the milter: it is put on hold, submitted again as local mail, and then deleted. When this is interrupted, it stays on hold and may come twice");
  auto* const ids = release_some->add_option("id", options->ids, "Queue ids that `list` shows");
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
    .summary = "Flagged mail in Postfix's queue that is not sealed, and its way back",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
