// pamsctl archive: search, show, export, hold, purge and prove what an archive keeps.
#include <iostream>

#include <CLI/CLI.hpp>

#include "milter/ctl/archive/commands.hpp"
#include "milter/ctl/command.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using Action = Result<int> (*)(const ArchiveSettings&, const ArchiveOptions&);

/// The archive that was named; the only one when none was.
Result<const ArchiveSettings*> choose(const Config& config, const std::string& name) {
  const auto& all = config.settings.archives;
  if (all.empty()) return fail(Failure::Refused, "the configuration has no [[archive]]");
  if (name.empty() && all.size() > 1)
    return fail(Failure::Refused, "there are several archives: say which with --archive NAME");
  const auto* chosen = name.empty() ? &all.front() : config.archive(name);
  if (chosen == nullptr) return fail(Failure::Refused, "there is no archive '" + text::printable(name) + "'");
  return chosen;
}

int run(const Globals& globals, const ArchiveOptions& options, Action action) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFoundWrong;
  const auto settings = choose(*loaded.config, options.archive);
  const auto done = settings ? action(**settings, options) : tl::unexpected(settings.error());
  if (done) return *done;
  std::cerr << "pamsctl archive: " << done.error().what << '\n';
  // What was asked for makes no sense, or it could not be done.
  return done.error().failure == Failure::Refused ? kUsage : kFoundWrong;
}

class Declaration {
 public:
  Declaration(std::shared_ptr<ArchiveOptions> options, std::shared_ptr<Action> chosen)
      : options_(std::move(options)), chosen_(std::move(chosen)) {}

  CLI::App* add(CLI::App& app, const std::string& name, const std::string& summary, Action action) const {
    auto* sub = app.add_subcommand(name, summary);
    sub->fallthrough();
    sub->add_flag("--json", options_->as_json, "Print JSON");
    sub->callback([chosen = chosen_, action] { *chosen = action; });
    return sub;
  }
  void add_query(CLI::App* sub) const {
    sub->add_option(
           "query", options_->query,
           "from: to: subject: body: attachment: messageid: sent: size: has:attachment, words, \"phrases\", AND OR NOT ( )")
        ->required();
  }

  void declare_reading(CLI::App& app) const {
    add_query(add(app, "search", "List the records that a query matches", search_archive));
    add(app, "list", "List all records", list_archive);
    add(app, "show", "Show one record: circumstances, header and text", show_record)
        ->add_option("id", options_->id, "The record's id, or how it begins")
        ->required();
    auto* exporting = add(app, "export", "Copy messages as they were sent", export_archive);
    exporting->add_option("--format", options_->format, "eml (a directory), mboxrd or zip (a file)")
        ->required()
        ->check(CLI::IsMember({"eml", "mboxrd", "zip"}));
    exporting->add_option("--output", options_->output, "Where to; must not be there yet")->required();
    add_query(exporting);
  }

  void declare_keeping(CLI::App& app) const {
    auto* hold = app.add_subcommand("hold", "Keep what a query matches, now and later, from every purge");
    hold->require_subcommand(1);
    hold->fallthrough();
    auto* adding = add(*hold, "add", "Add a hold", add_hold);
    adding->add_option("name", options_->hold, "What the hold is called")->required();
    add_query(adding);
    add(*hold, "list", "List the holds", list_holds);
    add(*hold, "release", "End a hold", release_hold)
        ->add_option("name", options_->hold, "The hold")
        ->required();
    auto* purging = add(app, "purge", "End the keeping of old records that no hold matches", purge_archive);
    purging->add_option("--older-than", options_->older_than, "\"365 days\" (s, min, h, days)")->required();
    purging->add_flag("--yes", options_->yes, "Do it; without it only what would happen is told");
    add(app, "verify", "Check every message and the whole chain", verify_archive);
  }

 private:
  std::shared_ptr<ArchiveOptions> options_;
  std::shared_ptr<Action> chosen_;
};

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<ArchiveOptions>();
  auto chosen = std::make_shared<Action>(nullptr);
  app.require_subcommand(1);
  app.add_option("--archive", options->archive, "Which [[archive]]; may be left out when there is only one");
  const Declaration declaration(options, chosen);
  declaration.declare_reading(app);
  declaration.declare_keeping(app);
  return [options, chosen, &globals] { return run(globals, *options, *chosen); };
}

}  // namespace

extern const Command archive;
const Command archive{
    .name = "archive",
    .summary = "Search, show, export, hold, purge and verify an archive",
    .declare = declare,
};

}  // namespace pams::milter::ctl
