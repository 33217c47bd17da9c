/// What the tests of tables (conditions, actions, checks, events) share: rows that a failed test names, and
/// an entry of a rule read as an operator writes it.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load/rule_parts.hpp"

namespace pams::test {

/// A row for BOOST_DATA_TEST_CASE.
template <class Row>
class NamedRow {
 public:
  explicit NamedRow(const Row* row) : row_(row) {}
  const Row& operator*() const { return *row_; }
  const Row* operator->() const { return row_; }
  std::string_view name() const {
    if constexpr (requires(Row row) { row.id; })
      return row_->id;
    else
      return row_->name;
  }
  friend std::ostream& operator<<(std::ostream& out, const NamedRow& row) { return out << row.name(); }

 private:
  const Row* row_;
};

template <class Table>
auto rows_of(const Table& table) {
  std::vector<NamedRow<std::remove_cvref_t<decltype(**table.begin())>>> rows;
  for (const auto* row : table) rows.emplace_back(row);
  return rows;
}

/// The first name that stands there twice; "" when none does.
template <class Rows>
std::string repeated_name(const Rows& rows) {
  std::set<std::string_view> seen;
  for (const auto& row : rows)
    if (!seen.insert(row.name()).second) return std::string(row.name());
  return "";
}

/// Begins with a capital and ends with a full stop.
inline bool is_sentence(std::string_view text) {
  return text.size() > 1 && text.front() >= 'A' && text.front() <= 'Z' && text.ends_with('.');
}

template <class Value>
struct ReadEntry {
  std::optional<Value> value;
  std::string diagnostics;
};

/// `name = toml`, given to `reader(member, reading)`; nothing when there was an error.
template <class Reader>
auto read_entry(std::string_view name, std::string_view toml, Reader reader) {
  Diagnostics diagnostics;
  const auto source =
      std::make_shared<const Source>(Source{"example", std::string(name) + " = " + std::string(toml) + "\n"});
  const auto tree = schema::parse(source, diagnostics);
  const auto* members = tree.as<schema::Table>();
  const auto read = [&] { return reader(members->front(), rules::Reading{schema::no_files(), diagnostics}); };
  using Value = typename decltype(read())::value_type;
  if (members->empty()) return ReadEntry<Value>{std::nullopt, diagnostics.text()};
  auto value = read();
  if (diagnostics.has_errors()) value.reset();
  return ReadEntry<Value>{std::move(value), diagnostics.text()};
}

}  // namespace pams::test
