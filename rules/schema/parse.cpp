// The only file that includes toml.hpp: keeping it out of the others cuts seconds from each of their
// compilations.
#include <algorithm>
#include <sstream>

#include <toml.hpp>

#include "rules/base/text.hpp"
#include "rules/schema/read.hpp"

namespace pams::schema {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxNesting = 64;       // toml11 3.7 recurses: 20,000 open brackets overflow its stack
constexpr std::size_t kMaxSyntaxErrors = 20;  // one broken multi-line string should not fill a screen

using ParsedTable = toml::basic_value<toml::discard_comments, std::map, std::vector>;

std::size_t deepest_nesting(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return deepest;
}

Location place(const std::shared_ptr<const Source>& source, const toml::source_location& at) {
  return {source, at.line(), at.column()};
}

/// toml11 keeps no place for a key: it is the last spelling of it before the value, on the value's line or
/// above.
Location place_of_key(const Location& value, const std::string& key) {
  const std::string_view text = value.source->text;
  std::size_t start = 0;
  for (std::size_t line = 1; line < value.line && start < text.size(); ++line) {
    const auto end = text.find('\n', start);
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  const auto line = text.substr(start, text.find('\n', start) - start);
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

Value convert(const ParsedTable& value, const std::shared_ptr<const Source>& source);

Table convert_members(const ParsedTable& value, const std::shared_ptr<const Source>& source) {
  Table table;
  for (const auto& [key, member] : value.as_table()) {
    auto converted = convert(member, source);
    auto key_at = place_of_key(converted.at(), key);
    table.push_back({key, std::move(key_at), std::move(converted)});
  }
  std::ranges::stable_sort(table, {},
                           [](const Member& m) { return std::pair(m.value.at().line, m.value.at().column); });
  return table;
}

Value convert(const ParsedTable& value, const std::shared_ptr<const Source>& source) {
  auto at = place(source, value.location());
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
      for (const auto& element : value.as_array()) array.push_back(convert(element, source));
      return {std::move(array), std::move(at)};
    }
    case toml::value_t::table:
      return {convert_members(value, source), std::move(at)};
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

void blank_line(std::string& text, std::size_t line) {
  std::size_t start = 0;
  while (--line > 0) {
    start = text.find('\n', start);
    if (start == std::string::npos) return;
    ++start;
  }
  for (; start < text.size() && text[start] != '\n'; ++start) text[start] = ' ';
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

}  // namespace

Value parse(std::shared_ptr<const Source> source, Diagnostics& diagnostics) {
  const Location top{source, 1, 1};
  if (source->text.size() > kMaxBytes || deepest_nesting(source->text) > kMaxNesting) {
    diagnostics.error(top, "the file is too large (over 1 MB) or nested too deeply (over 64 brackets)");
    return {Table{}, top};
  }
  auto text = source->text;
  for (std::size_t errors = 0; errors < kMaxSyntaxErrors; ++errors) {
    const auto parsed = parse_once(text, source->name);
    if (parsed) {
      auto members = convert_members(*parsed, source);
      return {std::move(members), top};
    }
    const auto& error = parsed.error();
    diagnostics.error({source, std::max<std::size_t>(error.line, 1), std::max<std::size_t>(error.column, 1)},
                      "not valid TOML: " + error.reason);
    if (error.line == 0) break;
    blank_line(text, error.line);
  }
  return {Table{}, top};
}

}  // namespace pams::schema
