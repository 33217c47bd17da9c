/// A configuration file as a tree of values that know where they stand. This is all that the rest of the
/// project sees of TOML; `toml.hpp` is included by parse.cpp alone. Immutable after reading; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/diagnostic.hpp"

namespace pams::schema {

class Value;
struct Member;

using Instant = std::chrono::sys_seconds;
using Array = std::vector<Value>;
using Table = std::vector<Member>;  ///< in the order of the file

class Value {
 public:
  using Data = std::variant<bool, std::int64_t, double, std::string, Instant, Array, Table>;
  Value(Data data, Location at);

  const Location& at() const { return at_; }
  const Data& data() const { return data_; }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&data_);
  }
  /// "string", "integer", "array", ... for messages.
  std::string_view type_name() const;
  /// The member of a table; nullptr when this is no table or has no such key.
  const Value* find(std::string_view key) const;

 private:
  Data data_;
  Location at_;
};

struct Member {
  std::string key;
  Location key_at;
  Value value;
};

// After Member, because clang 14 wants it complete where a Table is made or destroyed.
inline Value::Value(Data data, Location at) : data_(std::move(data)), at_(std::move(at)) {}

}  // namespace pams::schema
