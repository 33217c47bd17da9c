#include "milter/archive/hold.hpp"

#include <algorithm>
#include <iterator>

#include "milter/archive/audit_details.hpp"
#include "rules/base/text.hpp"
#include "rules/query/kql.hpp"

namespace pams::milter::archive {
namespace {

constexpr const char* kLanguage = "2";  // 0.1.0 wrote none

/// Whether 0.1.0 read `query` as we do, or as something narrower. It knew no sign, no NEAR and no operator
/// but the colon, and took them for words; side by side meant AND.
bool is_read_alike(std::string_view query) {
  bool is_quoted = false;
  std::string bare;
  for (const char c : query) {
    if (c == '"') is_quoted = !is_quoted;
    bare += is_quoted || c == '(' || c == ')' ? ' ' : c;
  }
  bool has_negation = false;
  std::vector<std::string> names;
  for (const auto word : text::split(bare, ' ')) {
    const auto colon = word.find(':');
    const auto name = text::to_lower(word.substr(0, colon));
    if (word.starts_with('-') || word.starts_with('+') || word == "NEAR" || word == "ONEAR") return false;
    if (name.find_first_of("=<>") != std::string::npos) return false;
    has_negation = has_negation || word == "NOT";
    if (colon != std::string_view::npos) names.push_back(name);
  }
  std::ranges::sort(names);
  return !has_negation || std::ranges::adjacent_find(names) == names.end();
}

}  // namespace

Result<std::vector<Hold>> holds(ArchiveDatabase& archive) {
  std::vector<Hold> all;
  const auto read = archive.each_audit([&](const AuditRow& row) {
    const auto name = text_in_details(row.details, "name");
    if (row.kind == "hold")
      all.push_back({name, text_in_details(row.details, "query"), row.time, row.number,
                     text_in_details(row.details, "language").empty()});
    if (row.kind == "release") std::erase_if(all, [&](const Hold& hold) { return hold.name == name; });
    return true;
  });
  return read.map([&] { return all; });
}

Status add_hold(ChainWriter& chain, const std::string& name, const std::string& query,
                std::chrono::sys_seconds now) {
  if (name.empty()) return fail(Failure::Refused, "a hold needs a name");
  if (const auto parsed = query::parse_query(query, std::nullopt); !parsed)
    return tl::unexpected(parsed.error());
  return chain.run(now, [&](ArchiveDatabase& archive, Tip& tip) -> Status {
    const auto standing = holds(archive);
    if (!standing) return tl::unexpected(standing.error());
    if (std::ranges::count(*standing, name, &Hold::name) > 0)
      return fail(Failure::Refused, "there is a hold '" + name + "' already");
    AuditRow row{0, now, "hold", to_details({{"name", name}, {"query", query}, {"language", kLanguage}})};
    return archive.append(tip, row);
  });
}

Status release_hold(ChainWriter& chain, const std::string& name, std::chrono::sys_seconds now) {
  return chain.run(now, [&](ArchiveDatabase& archive, Tip& tip) -> Status {
    const auto standing = holds(archive);
    if (!standing) return tl::unexpected(standing.error());
    if (std::ranges::count(*standing, name, &Hold::name) == 0)
      return fail(Failure::Refused, "there is no hold '" + name + "'");
    AuditRow row{0, now, "release", to_details({{"name", name}})};
    return archive.append(tip, row);
  });
}

Result<std::vector<std::int64_t>> held_records(ArchiveDatabase& archive, SearchIndex& index,
                                               const std::vector<Hold>& all) {
  std::vector<std::int64_t> held;
  for (const auto& hold : all) {
    const auto query = query::parse_query(hold.query, std::nullopt);
    if (hold.is_of_0_1_0 && !(query && is_read_alike(hold.query)))
      return fail(Failure::Misconfigured,
                  "the hold '" + hold.name +
                      "': version 0.1.0 made it, and read its query otherwise: " + hold.query +
                      "\nAdd a hold of another name that says what is meant, then release this one" +
                      (query ? "" : "; " + query.error().what));
    if (!query) return fail(Failure::Misconfigured, "the hold '" + hold.name + "': " + query.error().what);
    const auto found = search(archive, index, **query, Unreadable::Match);
    if (!found) return tl::unexpected(found.error());
    std::vector<std::int64_t> both;
    std::ranges::set_union(held, *found, std::back_inserter(both));
    held = std::move(both);
  }
  return held;
}

}  // namespace pams::milter::archive
