/// The text forms that key file and header share. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pams::milter::seal {

/// Lower case.
std::string to_hex(std::string_view bytes);
/// nullopt unless it is hex digits (either case) in pairs.
std::optional<std::string> from_hex(std::string_view hex);
bool is_lower_hex(std::string_view s, std::size_t digits);

/// Only "2026-11-27T10:00:00Z", and only a time that exists.
std::optional<std::chrono::sys_seconds> parse_iso8601(std::string_view s);

}  // namespace pams::milter::seal
