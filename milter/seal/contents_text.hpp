/// Contents as the JSON that stands in front of the message inside the seal. README.md has its form. Pure;
/// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "milter/seal/sealed.hpp"

namespace pams::milter::seal {

inline constexpr std::size_t kLargestContents = 4U << 20U;

std::string to_json(const Contents& contents);
/// nullopt unless `text` is exactly what to_json writes, in any layout. Never throws for what it is fed.
std::optional<Contents> parse_contents(std::string_view text);

}  // namespace pams::milter::seal
