// pamsctl archive: search, show, export, hold, purge and prove what an archive keeps.
#include <iostream>

#include <CLI/CLI.hpp>

#include "milter/base/age.hpp"
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
  void add_forms(CLI::App* sub) const {
    sub->add_flag(
           "--csv", options_->as_csv,
           "Print comma-separated values. Text that a spreadsheet would run as a formula has a ' in front")
        ->excludes(sub->get_option("--json"));
    sub->add_flag("--wide", options_->is_wide, "A line a row, however wide the terminal is");
  }
  void add_query(CLI::App* sub) const {
    sub->add_option(
           "query", options_->query,
           "KQL, in single quotes or as several words: from: to: subject: body: attachment: "
           "sent>=2026-01-31 received: size>1MB hasattachment:true, words, prefix*, \"phrases\", AND OR "
           "NOT - NEAR(5) ( ); pamsctl(1) has all. Behind -- no word is an option")
        ->required();
  }

  void declare_reading(CLI::App& app) const {
    auto* searching = add(app, "search", "List the records that a query matches", search_archive);
    add_query(searching);
    auto* listing = add(app, "list", "List all records", list_archive);
    for (auto* sub : {searching, listing}) add_forms(sub);
    add(app, "show", "Show one record: circumstances, header and text", show_record)
        ->add_option("id", options_->id, "The record's id, or how it begins")
        ->required();
    auto* exporting = add(app, "export", "Copy messages, with a load file (CSV) that has the SHA-256 of each",
                          export_archive);
    exporting->add_option("--format", options_->format, "eml (a directory), mboxrd or zip (a file)")
        ->required()
        ->check(CLI::IsMember({"eml", "mboxrd", "zip"}));
    exporting->add_option("--output", options_->output, "Where to; must not be there yet")
        ->required()
        ->type_name("FILE");
    exporting
        ->add_option("--version", options_->version,
                     "The messages as they were sent, or as they were received")
        ->capture_default_str()
        ->check(CLI::IsMember({"sent", "received"}));
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
    purging
        ->add_option("--older-than", options_->older_than,
                     "An age: \"10 years\", \"90 days\". Months and years are the calendar's (" +
                         std::string(kAgeUnits) + ")")
        ->required();
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

constexpr Example kExamples[] = {
    {"What was sent to somebody about something",
     "pamsctl archive search 'to:someone@partner.example subject:\"annual report\"'"},
    {"Everything with an attachment since a day",
     "pamsctl archive search 'hasattachment:true sent>=2026-11-01'"},
    {"About one matter, but not about another; what came this week",
     "pamsctl archive search 'phoenix -merger received:\"this week\"'"},
    {"Two words close to each other, from either sender",
     "pamsctl archive search '(price NEAR(5) agreement) AND from:(ann@example.org OR bob@example.org)'"},
    {"All records as JSON", "pamsctl archive list --json"},
    {"What was found, in a spreadsheet", "pamsctl archive search 'from:alice@example.org' --csv > alice.csv"},
    {"One record, by its id or how that begins", "pamsctl archive show 9f2c41d0"},
    {"Messages in a ZIP file",
     "pamsctl archive export --format zip --output case-7.zip 'from:alice@example.org'"},
    {"The messages as they came in, a file each",
     "pamsctl archive export --format eml --version received --output case-7 'subject:merger'"},
    {"No purge touches these, now and later", "pamsctl archive hold add case-7 'to:someone@partner.example'"},
    {"Which holds are there?", "pamsctl archive hold list"},
    {"End a hold", "pamsctl archive hold release case-7"},
    {"Say what a purge would do", "pamsctl archive purge --older-than '10 years'"},
    {"Do it", "pamsctl archive purge --older-than '10 years' --yes"},
    {"Prove that every message and the chain are whole", "pamsctl archive verify"},
};

}  // namespace

extern const Command archive;
const Command archive{
    .name = "archive",
    .summary = "Search, show, export, hold, purge and verify an archive",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
