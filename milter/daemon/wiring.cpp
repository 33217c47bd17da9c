#include "milter/daemon/wiring.hpp"

#include <filesystem>

#include "milter/archive/directory_archive.hpp"
#include "milter/doctor/local_mailbox.hpp"
#include "milter/doctor/route_verifier.hpp"
#include "milter/journal/durable_journal.hpp"
#include "milter/log/log.hpp"
#include "milter/trace/trace_writer.hpp"

namespace pams::milter {
namespace {

/// Also without journal rules, where a former configuration has left reports.
std::shared_ptr<JournalStore> make_journal(const std::shared_ptr<const Config>& config,
                                           const std::shared_ptr<RouteGuard>& guard) {
  const auto& journal = config->policy.journal;
  if (journal.rules.empty() && !std::filesystem::exists(journal.path + "/waiting")) return nullptr;
  const ReportRoute route(config, guard, doctor::make_local_delivery(config));
  auto made = std::make_shared<DurableJournal>(config, route);
  if (const auto started = made->start(); !started)
    log::write(log::journal_unusable, {{"reason", started.error().what}});
  return made;
}

}  // namespace

std::shared_ptr<const Services> make_services(std::shared_ptr<const Config> config) {
  auto services = std::make_shared<Services>();
  const auto& settings = config->settings;
  for (const auto& wanted : settings.archives) {
    const auto archive = std::make_shared<DirectoryArchive>(wanted);
    if (const auto tried = archive->check(); !tried)
      log::write(log::archive_unusable, {{"archive", wanted.name}, {"reason", tried.error().what}});
    services->archives[wanted.name] = archive;
  }
  services->route_token = std::make_shared<RouteTokenFile>(settings.route_token_file);
  if (const auto token = services->route_token->read(); !token)
    log::write(log::route_token_unreadable, {{"reason", token.error().what}});
  services->route_guard = doctor::make_route_verifier(config);
  services->journal = make_journal(config, services->route_guard);
  services->trace =
      std::make_shared<trace::TraceWriter>(trace::WriterSettings{.path = settings.trace.path,
                                                                 .mail_log = settings.trace.mail_log,
                                                                 .retention = settings.trace.retention});
  services->evaluate = rules::evaluate;
  services->config = std::move(config);
  return services;
}

}  // namespace pams::milter
