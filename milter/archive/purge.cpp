#include "milter/archive/purge.hpp"

#include <algorithm>

#include <fcntl.h>

#include "milter/archive/audit_details.hpp"
#include "milter/archive/number_ranges.hpp"
#include "milter/archive/search_index.hpp"

namespace pams::milter::archive {
namespace {

constexpr std::size_t kPortion = 500;  // commits wait no longer than one portion takes

bool are_same(const std::vector<Hold>& a, const std::vector<Hold>& b) {
  return std::ranges::equal(a, b, {}, &Hold::number, &Hold::number);
}

template <class T, class Work>
Status in_portions(const std::vector<T>& all, const Work& work) {
  for (std::size_t at = 0; at < all.size(); at += kPortion)
    if (const auto done = work(std::span(all).subspan(at, std::min(kPortion, all.size() - at))); !done)
      return done;
  return {};
}

NumberRanges ranges_of(std::vector<std::int64_t> numbers) {
  std::ranges::sort(numbers);
  NumberRanges ranges;
  for (const auto number : numbers) ranges.add(number);
  return ranges;
}

}  // namespace

Result<Purge::Plan> Purge::plan(std::chrono::sys_seconds before) {
  auto archive = ArchiveDatabase::open(settings_.path, sqlite::Access::ReadOnly);
  if (!archive) return tl::unexpected(archive.error());
  auto index = SearchIndex::open(settings_.path, sqlite::Access::ReadWrite);
  if (!index) return tl::unexpected(index.error());
  const auto indexed = index->catch_up(*archive, objects_, [] { return true; });
  if (!indexed) return tl::unexpected(indexed.error());
  Plan plan;
  auto standing = holds(*archive);
  if (!standing) return tl::unexpected(standing.error());
  plan.holds = std::move(*standing);
  const auto held = held_records(*archive, *index, plan.holds);
  if (!held) return tl::unexpected(held.error());
  const auto read = archive->sql().query(
      "SELECT number, size FROM record WHERE time < ? ORDER BY number",
      [&](const sqlite::Row& row) {
        if (std::ranges::binary_search(*held, row.number(0))) {
          ++plan.held;
        } else {
          plan.records.push_back(row.number(0));
          plan.bytes += row.number(1);
        }
        return true;
      },
      before.time_since_epoch().count());
  return read.map([&] { return plan; });
}

Status Purge::carry_out(const Plan& plan, const std::string& older_than, std::chrono::sys_seconds now,
                        const std::function<void(std::int64_t done, std::int64_t total)>& progress) {
  std::int64_t begun = 0;
  const auto purged = in_portions(plan.records, [&](std::span<const std::int64_t> some) {
    if (progress) progress(begun, std::ssize(plan.records));
    begun += std::ssize(some);
    return purge_some(plan, some, older_than, now);
  });
  auto archive = ArchiveDatabase::open(settings_.path, sqlite::Access::ReadOnly);
  if (!archive) return tl::unexpected(archive.error());
  auto index = SearchIndex::open(settings_.path, sqlite::Access::ReadWrite);
  if (!index) return tl::unexpected(index.error());
  const auto forgotten = index->forget_purged(*archive);
  return purged ? forgotten : purged;
}

Status Purge::purge_some(const Plan& plan, std::span<const std::int64_t> records,
                         const std::string& older_than, std::chrono::sys_seconds now) {
  std::vector<std::string> objects;
  const auto erase = [&](ArchiveDatabase& archive, Tip& tip) -> Status {
    const auto standing = holds(archive);
    if (!standing) return tl::unexpected(standing.error());
    if (!are_same(*standing, plan.holds))
      return fail(Failure::Temporary, "a hold was added or released meanwhile; run the purge again");
    NumberRanges numbers;
    std::vector<std::int64_t> outcomes;
    objects.clear();
    for (const auto number : records) {
      const auto row = archive.record(number);
      if (!row) return tl::unexpected(row.error());
      if (!*row) continue;
      objects.insert(objects.end(), {(*row)->sent, (*row)->received});
      numbers.add(number);
      const auto later = archive.outcomes_of(number);
      if (!later) return tl::unexpected(later.error());
      for (const auto& outcome : *later) outcomes.push_back(outcome.number);
      if (const auto erased = archive.erase(number); !erased) return erased;
    }
    if (objects.empty()) return {};
    std::vector<std::pair<std::string, std::string>> details{{"older_than", older_than},
                                                             {"records", numbers.text()}};
    if (!outcomes.empty()) details.emplace_back("outcomes", ranges_of(std::move(outcomes)).text());
    AuditRow row{0, now, "purge", to_details(details)};
    return archive.append(tip, row);
  };
  std::int64_t removed = 0;
  return chain_.run(now, erase,
                    [&](ArchiveDatabase& archive) { return remove_unnamed(archive, objects, removed); });
}

/// Only while the chain is locked: a commit that counts on one of these objects looks for it under the lock.
Status Purge::remove_unnamed(ArchiveDatabase& archive, const std::vector<std::string>& objects,
                             std::int64_t& removed) {
  for (const auto& object : objects) {
    const auto named = archive.names_object(object);
    if (!named) return tl::unexpected(named.error());
    if (*named) continue;
    if (const auto done = objects_.remove(object); !done) return done;
    ++removed;
  }
  return {};
}

Result<std::int64_t> Purge::collect_unnamed(std::chrono::sys_seconds now) {
  std::vector<std::string> objects;
  std::int64_t removed = 0;
  const auto listed = objects_.each([&](const ObjectStore::File& file) -> Status {
    if (now - file.changed < std::chrono::days(1)) return {};
    if (file.object.ends_with(".tmp")) {
      removed += disk_->remove(AT_FDCWD, settings_.path + "/objects/" + file.path) == 0 ? 1 : 0;
      return {};
    }
    objects.push_back(file.object);
    return {};
  });
  const auto collected = listed.and_then([&] {
    return in_portions(objects, [&](std::span<const std::string> some) {
      return chain_.run(
          now, [](ArchiveDatabase&, Tip&) { return Status{}; },
          [&](ArchiveDatabase& archive) {
            return remove_unnamed(archive, {some.begin(), some.end()}, removed);
          });
    });
  });
  return collected.map([&] { return removed; });
}

}  // namespace pams::milter::archive
