#include "milter/routing/cached_mta.hpp"

#include <algorithm>
#include <array>

#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/mta/postfix/table_name.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::routing {
namespace {

tl::unexpected<Error> late() { return fail(Failure::Temporary, "Postfix's tools took too long to answer"); }

std::string key_of(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  return text::join(first, "\n") + "\n\n" + text::join(second, "\n");
}

}  // namespace

CachedMta::CachedMta(const mta::Mta& mta, std::chrono::seconds timeout, Clock clock)
    : mta_(mta), clock_(std::move(clock)), deadline_(clock_() + timeout) {
  watch(mta.config_directory() + "/main.cf");
  watch(mta.config_directory() + "/master.cf");
}

void CachedMta::watch(const std::string& path) const {
  if (watched_.insert(path).second) files_.push_back(stamp_of(path));
}

void CachedMta::watch_map(std::string_view map) const {
  static constexpr std::array<std::string_view, 10> kFiles{"pcre",  "regexp", "texthash", "cidr", "hash",
                                                           "btree", "lmdb",   "cdb",      "dbm",  "sdbm"};
  static constexpr std::array<std::string_view, 3> kConstant{"inline", "static", "fail"};
  for (const auto& table : mta::tables_of(map)) {
    if (std::ranges::find(kConstant, table.type) != kConstant.end() || table.is_inline()) continue;
    if (std::ranges::find(kFiles, table.type) == kFiles.end())
      beyond_files_ = true;
    else
      for (const auto* suffix : {"", ".db", ".lmdb", ".cdb", ".dir", ".pag"}) watch(table.rest + suffix);
  }
}

Result<std::string> CachedMta::parameter(const std::string& name) const {
  return parameters({name}, {}).map([&](const std::map<std::string, std::string>& found) {
    const auto at = found.find(name);
    return at == found.end() ? std::string() : at->second;
  });
}

Result<std::map<std::string, std::string>> CachedMta::parameters(
    const std::vector<std::string>& names, const std::vector<std::string>& overrides) const {
  if (is_late()) return late();
  const auto key = key_of(names, overrides);
  const auto known = parameters_.find(key);
  if (known != parameters_.end()) return known->second;
  auto found = mta_.parameters(names, overrides);
  if (found)
    for (const auto& [name, value] : *found)
      if (name.ends_with("_checks") || name.ends_with("_restrictions"))
        for (const auto& map : mta::split_list(value))
          if (map.find(':') != std::string::npos) watch_map(map);
  return parameters_.emplace(key, std::move(found)).first->second;
}

Result<std::vector<std::string>> CachedMta::services() const {
  if (is_late()) return late();
  if (!services_) services_ = mta_.services();
  return *services_;
}

Result<std::vector<std::string>> CachedMta::service_parameters() const {
  if (is_late()) return late();
  if (!service_parameters_) service_parameters_ = mta_.service_parameters();
  return *service_parameters_;
}

Result<std::optional<std::string>> CachedMta::lookup(const std::string& map, const std::string& key) const {
  if (is_late()) return late();
  watch_map(map);
  const auto question = map + "\n" + key;
  const auto known = lookups_.find(question);
  if (known != lookups_.end()) return known->second;
  return lookups_.emplace(question, mta_.lookup(map, key)).first->second;
}

Result<std::vector<std::string>> CachedMta::map_types() const {
  if (is_late()) return late();
  return mta_.map_types();
}

}  // namespace pams::milter::routing
