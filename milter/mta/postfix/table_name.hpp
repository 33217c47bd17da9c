/// What a Postfix table's name says of it, without asking it: `pcre:/etc/postfix/x` is a type and a path, a
/// unionmap:{…} is made of others. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pams::milter::mta {

struct TableName {
  std::string type;  ///< "pcre"; "" when the name has none
  std::string rest;  ///< a path, or { } with the content itself
  std::string name() const { return type + ":" + rest; }
  bool is_inline() const { return rest.starts_with('{'); }
  /// The content is part of the name.
  bool stands_in_main() const;
  /// Whether everybody who may read it can list its rules: those of a program or a database nobody can.
  bool has_rules_as_text() const;
};

/// The tables that answer when `map` is asked: proxy: taken off, unionmap: and pipemap: taken apart, at any
/// depth.
std::vector<TableName> tables_of(std::string_view map);

}  // namespace pams::milter::mta
