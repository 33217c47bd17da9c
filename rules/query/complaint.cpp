#include "rules/query/complaint.hpp"

#include <algorithm>
#include <cstdint>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "rules/base/text.hpp"

namespace pams::query {
namespace {

constexpr std::size_t kShown = 72, kBefore = 50;  // bytes of the query, and how many in front of the place

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::string on_one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text::printable(out, out.size() * 4);
}

/// Columns on a terminal.
std::size_t width_of(std::string_view utf8) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  const auto size = static_cast<std::int32_t>(utf8.size());
  std::size_t width = 0;
  for (std::int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, at, size, c);
    const auto type = u_charType(c);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) continue;
    const auto wide = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    width += wide == U_EA_FULLWIDTH || wide == U_EA_WIDE ? 2 : 1;
  }
  return width;
}

}  // namespace

tl::unexpected<Error> complaint(std::string_view query, std::size_t at, const std::string& what) {
  at = std::min(at, query.size());
  auto begin = at > kBefore ? at - kBefore : 0;
  while (begin > 0 && begin < at && continues_character(query[begin])) ++begin;
  auto end = std::min(query.size(), begin + kShown);
  while (end < query.size() && continues_character(query[end])) ++end;
  const auto before = (begin > 0 ? "..." : "") + on_one_line(query.substr(begin, at - begin));
  const auto after = on_one_line(query.substr(at, end - at)) + (end < query.size() ? "..." : "");
  return fail(Failure::Refused,
              "query: " + what + "\n  " + before + after + "\n  " + std::string(width_of(before), ' ') + "^");
}

}  // namespace pams::query
