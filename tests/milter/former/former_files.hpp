/// What pams-milter 0.1.0 wrote, stored as text (tests/milter/former): made into files again.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>

#include "milter/base/sqlite.hpp"
#include "tests/support/files.hpp"

namespace pams::test {

inline std::string former(const std::string& name) {
  return read_file(std::string(PAMS_TESTS_DIR) + "/milter/former/" + name);
}

inline void run_sql(const std::string& path, const std::string& sql) {
  auto database = milter::sqlite::Database::open(path, milter::sqlite::Access::ReadWrite,
                                                 milter::sqlite::Durability::Normal)
                      .value();
  const auto done = database.script(sql);
  if (!done) throw std::runtime_error(done.error().what);
}

/// `path` becomes the database of former/`name`.sql.
inline void make_former_database(const std::string& path, const std::string& name) {
  run_sql(path, former(name + ".sql"));
}

/// `directory`/archive becomes the archive: two records, the first of them marked as refused.
inline void make_former_archive(const std::string& directory) {
  std::istringstream lines(former("files.txt"));
  for (std::string name, hex; lines >> name >> hex;) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    const auto path = std::filesystem::path(directory) / name;
    std::filesystem::create_directories(path.parent_path());
    write_file(path.string(), bytes);
  }
  make_former_database(directory + "/archive/archive.db", "archive");
}

/// As a version of the far future would leave it.
inline void make_newer(const std::string& path) { run_sql(path, "PRAGMA user_version = 999"); }

}  // namespace pams::test
