#include "milter/archive/hold.hpp"

#include <algorithm>
#include <iterator>

#include "milter/archive/audit_details.hpp"
#include "rules/query/kql.hpp"

namespace pams::milter::archive {

Result<std::vector<Hold>> holds(ArchiveDatabase& archive) {
  std::vector<Hold> all;
  const auto read = archive.each_audit([&](const AuditRow& row) {
    const auto name = text_in_details(row.details, "name");
    if (row.kind == "hold")
      all.push_back({name, text_in_details(row.details, "query"), row.time, row.number});
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
    AuditRow row{0, now, "hold", to_details({{"name", name}, {"query", query}})};
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
