#include "milter/daemon/monitoring_looks.hpp"

#include <filesystem>
#include <future>

#include <unistd.h>

#include "milter/archive/archive_database.hpp"
#include "milter/archive/directory_archive.hpp"
#include "milter/archive/search_index.hpp"
#include "milter/journal/journal_spool.hpp"
#include "milter/smart_host/certificate_expiry.hpp"
#include "milter/trace/trace_query.hpp"

namespace pams::milter::daemon {
namespace {

using metrics::Findings;
using metrics::Look;
using std::chrono::seconds;

constexpr seconds kSoon{10};
constexpr seconds kPause{30};
constexpr std::chrono::minutes kLeaksPause{1};
constexpr std::chrono::minutes kAskAgain{5};
constexpr std::chrono::hours kCertificatesPause{1};
constexpr seconds kTimeForCertificate{30};

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

struct Archive {
  std::string name;
  std::shared_ptr<archive::DirectoryArchive> store;
};

/// Without an index all records wait for it.
Result<std::int64_t> lag_of(const std::string& path) {
  auto database = archive::ArchiveDatabase::open(path, sqlite::Access::ReadOnly);
  if (!database) return tl::unexpected(database.error());
  std::error_code unknown;
  if (!std::filesystem::exists(path + "/index.db", unknown) && !unknown)
    return database->sql().number("SELECT count(*) FROM record").map([](const auto& count) {
      return count.value_or(0);
    });
  auto index = archive::SearchIndex::open(path, sqlite::Access::ReadOnly);
  if (!index) return tl::unexpected(index.error());
  return index->lag(*database);
}

Findings unusable_archives(const std::vector<Archive>& archives) {
  Findings found;
  for (const auto& one : archives)
    if (const auto usable = one.store->check(); !usable)
      found.problems.push_back("archive " + one.name + ": " + usable.error().what);
  return found;
}

/// What is known of only some of the archives is not known of all.
Findings lag_of_all(const std::vector<ArchiveSettings>& archives) {
  std::int64_t lag = 0;
  for (const auto& one : archives) {
    const auto of_one = lag_of(one.path);
    if (!of_one) return {};
    lag += *of_one;
  }
  return {{{&metrics::pams_archive_lag_records, {}, static_cast<double>(lag)}}, {}};
}

using Asked = std::pair<metrics::Sample, std::future<Result<std::chrono::sys_seconds>>>;

std::vector<Asked> ask_all(const Config& config) {
  std::vector<Asked> asked;
  const auto deadline = std::chrono::steady_clock::now() + kTimeForCertificate;
  for (const auto& connector : config.policy.connectors)
    for (const auto& host : connector.smart_hosts)
      asked.emplace_back(metrics::Sample{&metrics::pams_connector_certificate_expiry_seconds,
                                         {{"connector", connector.name}, {"host", host.address()}},
                                         {}},
                         std::async(std::launch::async, [&connector, &host, deadline] {
                           return smart_host::ask_certificate_expiry(connector, host, host_name(), deadline);
                         }));
  return asked;
}

/// Asks again only what is due: a certificate does not change by the minute. Belongs to one look.
struct AllCertificates {
  std::shared_ptr<const Config> config;
  Findings known;
  std::chrono::steady_clock::time_point due;

  Findings look() {
    if (std::chrono::steady_clock::now() < due) return known;
    known = {};
    bool is_all_known = true;
    for (auto& [sample, answer] : ask_all(*config)) {
      const auto end = answer.get();
      is_all_known = is_all_known && end;
      if (!end) continue;
      sample.value = std::chrono::system_clock::time_point(*end);
      known.samples.push_back(std::move(sample));
    }
    due =
        std::chrono::steady_clock::now() + (is_all_known ? seconds(kCertificatesPause) : seconds(kAskAgain));
    return known;
  }
};

Findings gaps_found(const std::string& path, SeenGaps& seen) {
  auto gaps = trace::TraceQuery::open(path).and_then(
      [&](trace::TraceQuery&& query) { return query.gaps(seen.since, std::nullopt); });
  if (!gaps) return {{}, {"trace: " + gaps.error().what}};
  const MutexLock lock(seen.mutex);
  if (gaps->size() > seen.present) seen.total += static_cast<double>(gaps->size() - seen.present);
  seen.present = gaps->size();
  return {{{&metrics::pams_trace_gaps_total, {}, seen.total}}, {}};
}

}  // namespace

Look look_at_seal_key(const session::Services& services) {
  return {.name = "seal key", .pause = kSoon, .ask = [keys = services.seal_keys]() -> Findings {
            const auto read = keys->read();
            if (read) return {};
            return {{}, {"seal key: " + read.error().what + "; flagged mail waits"}};
          }};
}

Look look_at_archives(const session::Services& services) {
  std::vector<Archive> archives;
  for (const auto& [name, store] : services.archives)
    if (auto directory = std::dynamic_pointer_cast<archive::DirectoryArchive>(store))
      archives.push_back({name, std::move(directory)});
  return {.name = "archive", .pause = kPause, .ask = [archives] { return unusable_archives(archives); }};
}

Look look_at_archive_lag(const session::Services& services) {
  return {.name = "archive lag",
          .pause = kPause,
          .ask = [config = services.config] { return lag_of_all(config->settings.archives); },
          .is_for_health = false};
}

Look look_at_journal(const session::Services& services) {
  const auto& path = services.config->policy.journal.path;
  auto spool = std::make_shared<journal::JournalSpool>(path, std::make_shared<Disk>());
  return {.name = "journal", .pause = kPause, .ask = [spool]() -> Findings {
            Findings found;
            if (const auto usable = spool->check(); !usable)
              found.problems.push_back("journal: " + usable.error().what);
            if (const auto waiting = spool->waiting())
              found.samples.push_back(
                  {&metrics::pams_journal_spool_reports, {}, static_cast<double>(waiting->size())});
            return found;
          }};
}

Look look_at_gaps(const session::Services& services, std::shared_ptr<SeenGaps> seen) {
  return {.name = "trace",
          .pause = kPause,
          .ask = [path = services.config->settings.trace.path, seen = std::move(seen)] {
            return gaps_found(path, *seen);
          }};
}

Look look_at_leaks(const session::Services& services) {
  return {.name = "leaks",
          .pause = kLeaksPause,
          .ask = [path = services.config->settings.trace.path]() -> Findings {
            const auto leaks = trace::TraceQuery::open(path).and_then(
                [](trace::TraceQuery&& query) { return query.leaks(); });
            if (!leaks) return {};  // the look at the gaps says why
            return {{{&metrics::pams_leaks, {}, static_cast<double>(leaks->size())}}, {}};
          },
          .is_for_health = false};
}

Look look_at_certificates(const session::Services& services) {
  auto all = std::make_shared<AllCertificates>();
  all->config = services.config;
  return {.name = "certificates",
          .pause = std::chrono::minutes(1),
          .ask = [all] { return all->look(); },
          .is_for_health = false};
}

}  // namespace pams::milter::daemon
