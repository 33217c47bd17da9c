// Ids of messages: milliseconds since 1970 and ten bits to tell apart what came in the same one; shown in
// Crockford's base 32, whose letters nobody mistakes for another.
#include <algorithm>

#include <glib.h>

#include "milter/trace/trace_store.hpp"
#include "rules/base/c_ptr.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kLength = 11;

}  // namespace

std::string shown_id(std::int64_t id) {
  std::string shown(kLength, '0');
  auto rest = static_cast<std::uint64_t>(id);
  for (auto place = shown.rbegin(); place != shown.rend(); ++place, rest >>= 5U) *place = kDigits[rest & 31U];
  return shown;
}

std::optional<IdRange> ids_like(std::string_view beginning) {
  if (beginning.empty() || beginning.size() > kLength) return std::nullopt;
  std::uint64_t id = 0;
  for (const char c : beginning) {
    const auto digit = kDigits.find(text::lower(c));
    if (digit == std::string_view::npos) return std::nullopt;
    id = (id << 5U) | digit;
  }
  const auto missing = 5 * (kLength - beginning.size());
  return IdRange{static_cast<std::int64_t>(id << missing),
                 static_cast<std::int64_t>(((id + 1) << missing) - 1)};
}

std::optional<std::int64_t> id_of(std::string_view shown) {
  const auto ids = shown.size() == kLength ? ids_like(shown) : std::nullopt;
  return ids ? std::optional(ids->first) : std::nullopt;
}

std::int64_t first_id_of(Instant instant) {
  return std::max<std::int64_t>(instant.time_since_epoch().count(), 0) << 10U;
}

std::string search_key(std::string_view text) {
  const GChars valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
  const GChars folded(g_utf8_casefold(valid.get(), -1));
  return folded.get();
}

}  // namespace pams::milter::trace
