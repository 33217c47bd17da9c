// The only file that includes toml.hpp: keeping it out of the others cuts seconds from each of their
// compilations.
#include <algorithm>
#include <sstream>

#include <toml.hpp>

#include "rules/base/text.hpp"
#include "rules/base/utf8.hpp"
#include "rules/schema/excess.hpp"
#include "rules/schema/read.hpp"

namespace pams::schema {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxSyntaxErrors = 20;  // one broken multi-line string should not fill a screen

using ParsedTable = toml::basic_value<toml::discard_comments, std::map, std::vector>;

/// Where each line of a text begins: found once, asked for every key.
std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    starts.push_back(at + 1);
  return starts;
}

/// A source and its lines, while it is converted.
struct Places {
  std::shared_ptr<const Source> source;
  std::vector<std::size_t> starts = line_starts(source->text);
};

Location place(const Places& places, std::size_t offset) {
  const auto next = std::ranges::upper_bound(places.starts, offset);
  const auto line = static_cast<std::size_t>(next - places.starts.begin());
  return {places.source, line, offset - places.starts[line - 1] + 1};
}

/// value.location() of toml11 3.7 copies the line and counts lines from the top for each value; the offset is
/// there.
Location place(const Places& places, const ParsedTable& value) {
  const auto* region = dynamic_cast<const toml::detail::region*>(toml::detail::get_region(value));
  if (region == nullptr) return {places.source, 1, 1};
  return place(places, static_cast<std::size_t>(region->first() - region->begin()));
}

/// toml11 keeps no place for a key: it is the last spelling of it before the value, on the value's line.
Location place_of_key(const Places& places, const Location& value, const std::string& key) {
  if (value.line == 0 || value.line > places.starts.size()) return value;
  const auto rest = std::string_view(places.source->text).substr(places.starts[value.line - 1]);
  const auto line = rest.substr(0, rest.find('\n'));
  const auto at = line.substr(0, value.column > 0 ? value.column - 1 + key.size() + 2 : 0).rfind(key);
  return at == std::string_view::npos ? value : Location{value.source, value.line, at + 1};
}

Instant to_instant(const ParsedTable& value) {
  if (value.is_offset_datetime())
    return std::chrono::floor<std::chrono::seconds>(
        static_cast<std::chrono::system_clock::time_point>(value.as_offset_datetime()));
  toml::local_date date = value.is_local_date() ? value.as_local_date() : value.as_local_datetime().date;
  const auto day = std::chrono::sys_days{std::chrono::year{date.year} /
                                         std::chrono::month{static_cast<unsigned>(date.month) + 1U} /
                                         std::chrono::day{static_cast<unsigned>(date.day)}};
  if (value.is_local_date()) return day;
  const auto time = value.as_local_datetime().time;
  return day + std::chrono::hours{time.hour} + std::chrono::minutes{time.minute} +
         std::chrono::seconds{time.second};
}

Value convert(const ParsedTable& value, const Places& places);

Table convert_members(const ParsedTable& value, const Places& places) {
  Table table;
  for (const auto& [key, member] : value.as_table()) {
    auto converted = convert(member, places);
    auto key_at = place_of_key(places, converted.at(), key);
    table.push_back({key, std::move(key_at), std::move(converted)});
  }
  std::ranges::stable_sort(table, {},
                           [](const Member& m) { return std::pair(m.value.at().line, m.value.at().column); });
  return table;
}

Value convert(const ParsedTable& value, const Places& places) {
  auto at = place(places, value);
  switch (value.type()) {
    case toml::value_t::boolean:
      return {value.as_boolean(), std::move(at)};
    case toml::value_t::integer:
      return {std::int64_t{value.as_integer()}, std::move(at)};
    case toml::value_t::floating:
      return {value.as_floating(), std::move(at)};
    case toml::value_t::string:
      return {value.as_string().str, std::move(at)};
    case toml::value_t::offset_datetime:
    case toml::value_t::local_datetime:
    case toml::value_t::local_date:
      return {to_instant(value), std::move(at)};
    case toml::value_t::array: {
      Array array;
      for (const auto& element : value.as_array()) array.push_back(convert(element, places));
      return {std::move(array), std::move(at)};
    }
    case toml::value_t::table:
      return {convert_members(value, places), std::move(at)};
    default:
      return {std::string("(a time of day alone means nothing here)"), std::move(at)};
  }
}

/// toml11 words its errors as a picture; the first line holds the reason, "-->" the place.
struct SyntaxError {
  std::size_t line, column;
  std::string reason;
};

std::string reason_of(std::string_view what) {
  auto first = what.substr(0, what.find('\n'));
  if (first.starts_with("[error] ")) first.remove_prefix(8);
  const auto colon = first.find(": ");
  if (first.starts_with("toml::") && colon != std::string_view::npos) first.remove_prefix(colon + 2);
  return std::string(first);
}

/// Takes the broken line out, keeping all others in their places. With a broken [header] go the keys below
/// it: they would fall into the table above.
void blank_line(std::string& text, std::size_t line) {
  std::size_t start = 0;
  while (--line > 0) {
    start = text.find('\n', start);
    if (start == std::string::npos) return;
    ++start;
  }
  auto end = std::min(text.find('\n', start), text.size());
  if (text::trim_left(std::string_view(text).substr(start, end - start)).starts_with('['))
    end = std::min(text.find("\n[", end), text.size());
  for (; start < end; ++start)
    if (text[start] != '\n') text[start] = ' ';
}

/// The tree, or where the text stops being TOML.
tl::expected<ParsedTable, SyntaxError> parse_once(const std::string& text, const std::string& name) {
  try {
    std::istringstream in(text);
    return toml::parse<toml::discard_comments, std::map, std::vector>(in, name);
  } catch (const toml::exception& e) {
    return tl::unexpected(SyntaxError{e.location().line(), e.location().column(), reason_of(e.what())});
  } catch (const std::exception& e) {
    return tl::unexpected(SyntaxError{0, 0, e.what()});
  }
}

/// Every line with bytes that are no UTF-8 is told once; a question mark stands in for each of them, so that
/// the rest can be read.
void replace_invalid_utf8(std::string& text, const Places& places, Diagnostics& diagnostics) {
  std::size_t errors = 0, told = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(std::string_view(text).substr(at, 4));
    at += std::max<std::size_t>(length, 1);
    if (length > 0) continue;
    text[at - 1] = '?';
    const auto where = place(places, at - 1);
    if (where.line == told || ++errors > kMaxSyntaxErrors) continue;
    told = where.line;
    diagnostics.error(where, "not valid UTF-8; save the file in that encoding");
  }
}

}  // namespace

Value parse(std::shared_ptr<const Source> source, Diagnostics& diagnostics) {
  const Location top{source, 1, 1};
  if (source->text.size() > kMaxBytes) {
    diagnostics.error(top, "the file is too large: over 1 MB");
    return {Table{}, top};
  }
  const Places places{source};
  auto text = source->text;
  replace_invalid_utf8(text, places, diagnostics);
  SyntaxError before{0, 0, ""};
  for (std::size_t errors = 0; errors < kMaxSyntaxErrors; ++errors) {
    // Each time: with a line left out, what was inside of a string may be outside.
    if (const auto excess = find_excess(text)) {
      diagnostics.error(place(places, excess->offset), excess->text);
      break;
    }
    const auto parsed = parse_once(text, source->name);
    if (parsed) return {convert_members(*parsed, places), top};
    const auto& error = parsed.error();
    // The same complaint about the next line: something above was never closed, and what follows is only its
    // echo.
    if (error.line == before.line + 1 && error.reason == before.reason) break;
    before = error;
    diagnostics.error({source, std::max<std::size_t>(error.line, 1), std::max<std::size_t>(error.column, 1)},
                      "not valid TOML: " + error.reason);
    if (error.line == 0) break;
    blank_line(text, error.line);
  }
  return {Table{}, top};
}

}  // namespace pams::schema
