#include "milter/journal/spooled_keys.hpp"

#include <filesystem>

#include "milter/journal/journal_spool.hpp"
#include "milter/journal/report_route.hpp"
#include "milter/seal/carrier.hpp"

namespace pams::milter::journal {
namespace {

/// "X-PAMS-Sealed: v1; ..." is a sealed report's first line.
Result<std::string> key_of(std::string_view report) {
  const auto begin = report.find(':') + 1;
  const auto field = seal::parse_sealed_field(report.substr(begin, report.find_first_of("\r\n") - begin));
  if (!field) return fail(Failure::Misconfigured, "does not name the key that sealed it");
  return field->key_id;
}

}  // namespace

Result<std::set<std::string>> keys_in_spool(const std::string& path) {
  std::set<std::string> keys;
  if (path.empty()) return keys;
  JournalSpool spool(path, std::make_shared<Disk>());
  const auto waiting = spool.waiting();
  if (!waiting) return tl::unexpected(waiting.error());
  for (const auto& one : *waiting) {
    const auto report = spool.open(one.id);
    std::error_code ignored;
    if (!report && !std::filesystem::exists(path + "/waiting/" + one.id + ".report", ignored)) continue;
    if (!report) return tl::unexpected(report.error());
    if (!ReportRoute::is_sealed(report->begin)) continue;
    auto key = key_of(report->begin);
    if (!key) return fail(key.error().failure, "journal report " + one.id + " " + key.error().what);
    keys.insert(std::move(*key));
  }
  return keys;
}

}  // namespace pams::milter::journal
