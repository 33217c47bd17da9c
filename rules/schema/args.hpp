/// The validated values of one section, condition or action. The reader has checked every key against its
/// Param table: nothing unknown, missing or of a wrong type is left, so `compile` reports only what a type
/// cannot say. Asking for a key without a value (`has` tells) throws std::out_of_range, for another type
/// than the table's std::bad_variant_access: faults of the program.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/schema/value.hpp"

namespace pams::schema {

class Args {
 public:
  struct FileContent {
    std::string path, content;
  };
  using Datum =
      std::variant<std::string, std::vector<std::string>, std::uint64_t, bool, Instant, FileContent>;

  void set(std::string key, Datum datum, Location at) {
    entries_.insert_or_assign(std::move(key), Entry{std::move(datum), std::move(at)});
  }
  /// False for an optional key without a default that was not written.
  bool has(std::string_view key) const { return entries_.find(key) != entries_.end(); }

  const std::string& text(std::string_view key) const;  ///< Text, Choice, Path; the content for File
  const std::string& path(std::string_view key) const;  ///< File only
  const std::vector<std::string>& words(std::string_view key) const {
    return get<std::vector<std::string>>(key);
  }
  std::uint64_t number(std::string_view key) const { return get<std::uint64_t>(key); }
  bool flag(std::string_view key) const { return get<bool>(key); }
  Instant instant(std::string_view key) const { return get<Instant>(key); }
  /// Where the key was written; no source when it is a default.
  const Location& at(std::string_view key) const { return entry(key).at; }

 private:
  struct Entry {
    Datum datum;
    Location at;
  };
  const Entry& entry(std::string_view key) const;
  template <class T>
  const T& get(std::string_view key) const {
    return std::get<T>(entry(key).datum);
  }
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace pams::schema
