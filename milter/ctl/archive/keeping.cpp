#include <algorithm>
#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

#include "milter/archive/purge.hpp"
#include "milter/archive/verification.hpp"
#include "milter/base/age.hpp"
#include "milter/base/time_text.hpp"
#include "milter/ctl/archive/asked_query.hpp"
#include "milter/ctl/archive/commands.hpp"
#include "milter/ctl/archive/opened.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output/progress.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

archive::ChainWriter chain_of(const ArchiveSettings& settings) {
  return {settings.path, settings.checkpoint_key, std::make_shared<Disk>()};
}

/// Who holds or purges must not make an archive where there is none.
Status must_exist(const ArchiveSettings& settings) { return OpenedArchive(settings).open(); }

void print(const archive::Purge::Plan& plan, const ArchiveOptions& options, std::int64_t collected) {
  if (options.as_json) {
    std::cout << dump({{"records", plan.records.size()},
                       {"bytes", plan.bytes},
                       {"held", plan.held},
                       {"purged", options.yes},
                       {"unnamed_objects_removed", collected}});
    return;
  }
  std::cout << plan.records.size() << " record(s), " << plan.bytes << " bytes, "
            << (options.yes ? "purged" : "would be purged") << "; " << plan.held << " held\n";
  if (options.yes)
    std::cout << collected << " file(s) that no record names removed\n";
  else
    std::cout << "Nothing was changed; --yes does it.\n";
}

Result<archive::Verification> verified(const ArchiveSettings& settings) {
  output::Progress progress("verified");
  return milter::archive::verify_archive(
      settings, std::make_shared<Disk>(),
      [&](std::int64_t done, std::int64_t total) { progress.at(done, total); });
}

Json to_json(const archive::Verification& found) {
  auto problems = Json::array();
  for (const auto& problem : found.problems)
    problems.push_back({{"number", problem.number}, {"id", problem.id}, {"what", problem.what}});
  return {{"ok", found.is_good()},
          {"entries", found.entries},
          {"records", found.records},
          {"outcomes", found.outcomes},
          {"purged", found.purged},
          {"objects", found.objects},
          {"checkpoints", found.checkpoints},
          {"signed_checkpoints", found.signed_checkpoints},
          {"unnamed_objects", found.unnamed_objects},
          {"problem_count", found.problem_count},
          {"problems", problems}};
}

void print(const archive::Verification& found) {
  for (const auto& problem : found.problems) {
    if (problem.number > 0) std::cout << "entry " << problem.number << ": ";
    if (!problem.id.empty()) std::cout << "record " << text::printable(problem.id) << ": ";
    std::cout << text::printable(problem.what, 2048) << '\n';
  }
  std::cout << found.entries << " entries, " << found.records << " record(s), " << found.outcomes
            << " outcome(s) and later tries, " << found.purged << " purged, " << found.objects
            << " object(s) read, " << found.checkpoints << " checkpoint(s), " << found.signed_checkpoints
            << " of them signed; " << found.unnamed_objects << " file(s) that no record names\n"
            << (found.is_good() ? "The archive is whole.\n" : "The archive is BROKEN.\n");
}

}  // namespace

Result<int> add_hold(const ArchiveSettings& settings, const ArchiveOptions& options) {
  if (const auto there = must_exist(settings); !there) return tl::unexpected(there.error());
  const auto query = query_text(options.query);
  if (!query) return tl::unexpected(query.error());
  auto chain = chain_of(settings);
  return milter::archive::add_hold(chain, options.hold, *query, now()).map([] { return int{kFine}; });
}

Result<int> list_holds(const ArchiveSettings& settings, const ArchiveOptions& options) {
  OpenedArchive archive(settings);
  if (const auto opened = archive.open(); !opened) return tl::unexpected(opened.error());
  const auto all = archive::holds(archive.rows());
  if (!all) return tl::unexpected(all.error());
  auto json = Json::array();
  for (const auto& hold : *all) {
    json.push_back({{"name", hold.name}, {"query", hold.query}, {"since", iso8601(hold.since)}});
    if (!options.as_json)
      std::cout << text::printable(hold.name) << "  " << iso8601(hold.since) << "  "
                << text::printable(hold.query) << '\n';
  }
  if (options.as_json) std::cout << dump({{"holds", json}});
  return kFine;
}

Result<int> release_hold(const ArchiveSettings& settings, const ArchiveOptions& options) {
  if (const auto there = must_exist(settings); !there) return tl::unexpected(there.error());
  auto chain = chain_of(settings);
  return milter::archive::release_hold(chain, options.hold, now()).map([] { return int{kFine}; });
}

Result<int> purge_archive(const ArchiveSettings& settings, const ArchiveOptions& options) {
  const auto age = age_in(options.older_than);
  if (!age)
    return fail(Failure::Refused, "--older-than '" + text::printable(options.older_than, 60) +
                                      "' is not an age like \"10 years\" (" + std::string(kAgeUnits) + ")");
  if (const auto there = must_exist(settings); !there) return tl::unexpected(there.error());
  archive::Purge purge(settings, std::make_shared<Disk>());
  const auto plan = purge.plan(before(now(), *age));
  if (!plan) return tl::unexpected(plan.error());
  std::int64_t collected = 0;
  if (options.yes) {
    output::Progress progress("purged");
    const auto done = purge
                          .carry_out(*plan, options.older_than, now(),
                                     [&](std::int64_t at, std::int64_t total) { progress.at(at, total); })
                          .and_then([&] { return purge.collect_unnamed(now()); });
    if (!done) return tl::unexpected(done.error());
    collected = *done;
  }
  print(*plan, options, collected);
  return kFine;
}

Result<int> verify_archive(const ArchiveSettings& settings, const ArchiveOptions& options) {
  const auto found = verified(settings);
  if (!found) return tl::unexpected(found.error());
  if (options.as_json)
    std::cout << dump(to_json(*found));
  else
    print(*found);
  return found->is_good() ? kFine : kFoundWrong;
}

}  // namespace pams::milter::ctl
