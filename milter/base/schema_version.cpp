#include "milter/base/schema_version.hpp"

namespace pams::milter::sqlite {
namespace {

/// What 0.1.0 left without a number is version 1; a new file has nothing to convert.
Result<std::int64_t> version_to_convert(Database& database, const Schema& schema, std::int64_t found) {
  if (found > 0) return found;
  return database.number("SELECT 1 FROM sqlite_master WHERE type = 'table'").map([&](const auto& has_tables) {
    return has_tables ? std::int64_t{1} : schema.version;
  });
}

Status upgrade(Database& database, const Schema& schema, std::int64_t found) {
  const auto from = version_to_convert(database, schema, found);
  if (!from) return tl::unexpected(from.error());
  if (const auto made = database.script(schema.tables); !made) return made;
  for (auto version = *from; version < schema.version; ++version)
    if (const auto done = database.script(schema.conversions.at(static_cast<std::size_t>(version - 1)));
        !done)
      return done;
  return database.script("PRAGMA user_version = " + std::to_string(schema.version));
}

}  // namespace

Result<std::int64_t> readable_version(Database& database, const std::string& path, std::int64_t known) {
  const auto found = database.number("PRAGMA user_version");
  if (!found) return tl::unexpected(found.error());
  const auto version = found->value_or(0);
  if (version <= known) return version;
  return fail(Failure::Misconfigured,
              path + ": a newer pams-milter has written it (version " + std::to_string(version) +
                  "; this one knows up to " + std::to_string(known) +
                  "). Nothing was changed. Install that version again, or name another path");
}

Status make_or_upgrade(Database& database, const std::string& path, const Schema& schema) {
  const auto version = readable_version(database, path, schema.version);
  if (!version) return tl::unexpected(version.error());
  if (*version == schema.version) return {};
  return database.transaction([&]() -> Status {
    const auto found = readable_version(database, path, schema.version);  // others may have been faster
    if (!found) return tl::unexpected(found.error());
    return *found == schema.version ? Status{} : upgrade(database, schema, *found);
  });
}

}  // namespace pams::milter::sqlite
