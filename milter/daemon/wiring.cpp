#include "milter/daemon/wiring.hpp"

#include <filesystem>
#include <utility>

#include "milter/archive/directory_archive.hpp"
#include "milter/base/file_stamp.hpp"
#include "milter/base/path_access.hpp"
#include "milter/doctor/evaluate_route.hpp"
#include "milter/journal/durable_journal.hpp"
#include "milter/log/log.hpp"
#include "milter/trace/trace_writer.hpp"

namespace pams::milter::daemon {
namespace {

/// With what to do about it, where this user cannot get at it.
std::string with_remedy(const std::string& reason, const std::optional<Obstacle>& obstacle) {
  return obstacle ? reason + " (" + obstacle->problem + "; remedy: " + obstacle->remedy + ")" : reason;
}

/// A directory that is made when it is needed, in the one above it.
std::string with_remedy(const std::string& reason, const std::string& directory) {
  std::error_code unknown;
  const auto is_there = std::filesystem::exists(directory, unknown);
  return with_remedy(
      reason,
      obstacle_to_writing_in(is_there ? directory : std::filesystem::path(directory).parent_path().string()));
}

/// False also when this user cannot enter the directories above: then the journal tells of it.
bool surely_has_no_reports(const std::string& journal) {
  std::error_code unknown;
  return !std::filesystem::exists(journal + "/waiting", unknown) && !unknown;
}

/// A file that is read once: another one under the same name is another origin.
std::string version_of(const std::string& file) {
  const auto stamp = stamp_of(file);
  std::string text = file;
  for (const auto number : {stamp.device, stamp.inode, static_cast<unsigned long>(stamp.size),
                            static_cast<unsigned long>(stamp.changed_seconds),
                            static_cast<unsigned long>(stamp.changed_nanoseconds)})
    text.append(1, '\0').append(std::to_string(number));
  return text;
}

std::string origin_of(const ArchiveSettings& settings) {
  return settings.name + '\0' + settings.path + '\0' + version_of(settings.encrypt_to) + '\0' +
         version_of(settings.checkpoint_key);
}

/// The same for every spelling of one place.
std::string origin_of(const std::string& path) {
  std::error_code unknown;
  const auto one = std::filesystem::weakly_canonical(path, unknown);
  return unknown ? path : one.string();
}

}  // namespace

Wiring::Wiring()
    : route_watch_(
          [news = route_news_, tell_metrics = tell_route_](const auto& connector, const Status& status) {
            news->tell(connector, status);
            tell_metrics(status);
          }) {}

Wired Wiring::wire(std::shared_ptr<const Config> config) {
  Wired wired;
  auto services = std::make_shared<session::Services>();
  const auto& settings = config->settings;
  for (const auto& wanted : settings.archives) services->archives[wanted.name] = archive(wanted, wired);
  refused_->look_into(services->archives);
  services->seal_keys = std::make_shared<seal::KeyFile>(settings.seal_key_file);
  if (const auto keys = services->seal_keys->read(); !keys) {
    std::error_code unknown;  // a key that is not there has its remedy already
    const bool is_there = std::filesystem::exists(settings.seal_key_file, unknown) || unknown;
    const auto reason =
        with_remedy(keys.error().what, is_there ? obstacle_to_reading(settings.seal_key_file) : std::nullopt);
    log::write(log::seal_key_unreadable, {{"reason", reason}});
    wired.remarks.push_back(reason + "; flagged mail waits");
  }
  services->route_guard = doctor::make_route_verifier(config);
  services->journal = journal(config, services->route_guard, services->seal_keys, wired);
  services->trace = trace(settings.trace);
  services->evaluate = rules::evaluate;
  services->metrics = monitoring_.counts();
  services->config = config;
  if (const auto served = monitoring_.use(*services); !served)
    wired.remarks.push_back("metrics are not served: " + served.error().what);
  watch_route(config);  // last: what throws above leaves the watch with the configuration that holds
  wired.services = std::move(services);
  wired.route_line = [news = route_news_] { return news->line(); };
  return wired;
}

std::shared_ptr<archive::ArchiveStore> Wiring::archive(const ArchiveSettings& settings, Wired& wired) {
  auto archive = archives_.get(origin_of(settings),
                               [&] { return std::make_shared<archive::DirectoryArchive>(settings); });
  if (const auto tried = archive->check(); !tried) {
    const auto reason = with_remedy(tried.error().what, settings.path);
    log::write(log::archive_unusable, {{"archive", settings.name}, {"reason", reason}});
    wired.remarks.push_back("archive " + settings.name + ": " + reason + "; messages that it must keep wait");
  }
  return archive;
}

/// Also without journal rules, where a former configuration has left reports.
std::shared_ptr<journal::JournalStore> Wiring::journal(const std::shared_ptr<const Config>& config,
                                                       const std::shared_ptr<routing::RouteGuard>& guard,
                                                       const std::shared_ptr<seal::KeyFile>& keys,
                                                       Wired& wired) {
  const auto& settings = config->policy.journal;
  if (settings.rules.empty() && surely_has_no_reports(settings.path)) return nullptr;
  const journal::ReportRoute route(config, guard, keys);
  auto journal = journals_.get(origin_of(settings.path), [&] {
    auto made = std::make_shared<journal::DurableJournal>(config, route);
    if (const auto started = made->start(); !started) {
      const auto reason = with_remedy(started.error().what, config->policy.journal.path);
      log::write(log::journal_unusable, {{"reason", reason}});
      wired.remarks.push_back("journal: " + reason + "; messages that must be journaled wait");
    }
    return made;
  });
  journal->change(config, route);
  return journal;
}

/// With a verifier of its own: what it finds in the middle of an operator's edits is not what the next
/// flagged message is answered by.
void Wiring::watch_route(const std::shared_ptr<const Config>& config) {
  const auto* connector = config->policy.connector(config->policy.pams.connector);
  if (connector == nullptr || !config->settings.verify_route || !config->policy.pams.enabled) {
    route_watch_.rest();
    watches_route_ = false;
    route_news_->reset("routing not checked");
    return tell_route_(std::nullopt);
  }
  if (!std::exchange(watches_route_, true)) monitoring_.route_is_asked();
  route_news_->reset("routing is being checked");
  route_watch_.watch(doctor::make_route_verifier(config), *connector);
}

std::shared_ptr<trace::TraceSink> Wiring::trace(const TraceSettings& settings) {
  auto writer = traces_.get(origin_of(settings.path), [&] {
    return std::make_shared<trace::TraceWriter>(trace::WriterSettings{
        .path = settings.path,
        .mail_log = settings.mail_log,
        .retention = settings.retention,
        .on_refused = [refused = refused_](const trace::Refusal& refusal) { refused->mark(refusal); },
        .on_condition = monitoring_.trace_teller()});
  });
  writer->change(settings.mail_log, settings.retention);
  return writer;
}

}  // namespace pams::milter::daemon
