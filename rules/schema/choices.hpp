/// Keys that take one of a few words: each word and the value that it stands for, in one table, from which
/// the Param, the reader and the manual take them. Values; any thread.
///
///     constexpr auto kModes = schema::choices<Mode>({{"enforce", Mode::Enforce}, {"audit", Mode::Audit}});
///     {.key = "mode", .type = Type::Choice, .choices = kModes.names}     // in a table of Param
///     rule.mode = kModes.at(args.text("mode"));
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pams::schema {

template <class T>
struct Choice {
  std::string_view name;
  T value;
};

template <class T, std::size_t N>
struct Choices {
  std::array<std::string_view, N> names;
  std::array<T, N> values;

  /// The schema has checked that the word is one of `names`; another one is a fault of the program.
  constexpr T at(std::string_view name) const {
    for (std::size_t i = 0; i < N; ++i)
      if (names[i] == name) return values[i];
    throw std::logic_error("no choice is called '" + std::string(name) + "'");
  }
};

template <class T, std::size_t N>
constexpr Choices<T, N> choices(const Choice<T> (&rows)[N]) {
  Choices<T, N> table{};
  for (std::size_t i = 0; i < N; ++i) {
    table.names[i] = rows[i].name;
    table.values[i] = rows[i].value;
  }
  return table;
}

}  // namespace pams::schema
