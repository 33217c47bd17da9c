#include "rules/schema/check_path.hpp"

namespace pams::schema {
namespace {

const Location& place_of(const ReadTable& read, std::string_view key) {
  const auto& at = read.args.at(key);
  return at.source == nullptr ? read.table.at() : at;
}

bool is_written_relative(const ReadTable& read, std::string_view key) {
  const auto* value = read.table.find(key);
  const auto* path = value == nullptr ? nullptr : value->as<std::string>();
  return path != nullptr && !path->starts_with('/');
}

}  // namespace

void check_directory(const ReadTable& read, std::string_view key) {
  if (!read.files.look_at_directory) return;
  const auto& path = read.args.text(key);
  const auto name = std::string(key) + ": ";
  const auto found = read.files.look_at_directory(path);
  if (!found) {
    read.diagnostics.error(place_of(read, key), name + found.error().what);
  } else if (*found == Files::Directory::Missing && is_written_relative(read, key)) {
    read.diagnostics.warning(
        place_of(read, key),
        name + "this leads to " + path + ", which does not exist: a relative path begins at this file");
  } else if (*found == Files::Directory::MissingAbove) {
    read.diagnostics.warning(place_of(read, key), name + path +
                                                      " cannot be made while the directory above it does "
                                                      "not exist: only its last part is made");
  }
}

void check_pem(const ReadTable& read, std::string_view key, Files::Pem kind) {
  if (!read.files.look_at_pem || read.args.text(key).empty()) return;
  if (const auto fine = read.files.look_at_pem(read.args.text(key), kind); !fine)
    read.diagnostics.error(place_of(read, key), std::string(key) + ": " + fine.error().what);
}

}  // namespace pams::schema
