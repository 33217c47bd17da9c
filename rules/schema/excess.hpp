/// What a TOML parser that recurses must not be given: toml11 3.7 takes its time quadratically with the parts
/// of a dotted key, and overflows its stack on deep brackets. Linear in the text. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pams::schema {

inline constexpr std::size_t kMaxNesting = 64;   ///< of arrays and inline tables
inline constexpr std::size_t kMaxKeyParts = 16;  ///< a.b.c has three

struct Excess {
  std::size_t offset;  ///< in the text
  std::string text;    ///< "nested too deeply: …"
};

/// The first place where a key has too many parts or brackets are too deep; nullopt when there is none.
/// Brackets and dots inside of strings and comments do not count.
std::optional<Excess> find_excess(std::string_view text);

}  // namespace pams::schema
