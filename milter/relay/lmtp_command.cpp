#include "milter/relay/lmtp_command.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "rules/base/text.hpp"

namespace pams::milter::relay {
namespace {

std::string upper(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }

/// Where the '>' is that ends a path which begins at 0; a quoted local part may hold others.
std::size_t end_of_path(std::string_view path) {
  bool quoted = false;
  for (std::size_t at = 1; at < path.size(); ++at) {
    if (quoted && path[at] == '\\')
      ++at;
    else if (path[at] == '"')
      quoted = !quoted;
    else if (path[at] == '>' && !quoted)
      return at;
  }
  return std::string_view::npos;
}

/// RFC 3461 4: "+2B" is '+'.
std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '+') {
      out += text[at];
      continue;
    }
    unsigned value = 0;
    const auto digits = text.substr(at + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(value));
    at += 2;
  }
  return out;
}

std::string utf8(std::uint32_t value) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto tail = [&](unsigned shift) { return byte(0x80U | (value >> shift & 0x3FU)); };
  if (value < 0x80U) return {byte(value)};
  if (value < 0x800U) return {byte(0xC0U | value >> 6U), tail(0)};
  if (value < 0x10000U) return {byte(0xE0U | value >> 12U), tail(6), tail(0)};
  return {byte(0xF0U | value >> 18U), tail(12), tail(6), tail(0)};
}

bool is_character(std::uint32_t value) { return value <= 0x10FFFFU && (value < 0xD800U || value > 0xDFFFU); }

/// The character of "\x{F8}" at the front (RFC 6533 3) in UTF-8, and how many bytes it takes there; 0: it is
/// none.
std::pair<std::string, std::size_t> embedded_character(std::string_view text) {
  constexpr std::string_view kBegin = "\\x{";
  const auto close = text.find('}');
  if (!text.starts_with(kBegin) || close == std::string_view::npos) return {"", 0};
  std::uint32_t value = 0;
  const auto digits = text.substr(kBegin.size(), close - kBegin.size());
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size() || !is_character(value)) return {"", 0};
  return {utf8(value), close + 1};
}

std::string decode_utf8_address(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [character, size] = embedded_character(text);
    out += size == 0 ? std::string(1, text.front()) : character;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace

std::optional<LmtpCommand> parse_command(std::string_view line) {
  if (std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; })) return std::nullopt;
  const auto blank = line.find_first_of(" \t");
  return LmtpCommand{upper(line.substr(0, blank)),
                     blank == std::string_view::npos ? "" : std::string(text::trim(line.substr(blank)))};
}

std::optional<PathArgument> parse_path(std::string_view rest, std::string_view keyword) {
  if (!text::istarts_with(rest, keyword)) return std::nullopt;
  rest = text::trim_left(rest.substr(keyword.size()));
  if (!rest.starts_with('<')) return std::nullopt;
  const auto end = end_of_path(rest);
  if (end == std::string_view::npos) return std::nullopt;
  PathArgument path{std::string(rest.substr(1, end - 1)), {}};
  rest = rest.substr(end + 1);
  if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') return std::nullopt;
  for (rest = text::trim(rest); !rest.empty(); rest = text::trim_left(rest)) {
    const auto word = rest.substr(0, rest.find_first_of(" \t"));
    const auto equals = word.find('=');
    path.parameters.emplace_back(upper(word.substr(0, equals)),
                                 equals == std::string_view::npos ? "" : word.substr(equals + 1));
    rest.remove_prefix(word.size());
  }
  return path;
}

std::string_view PathArgument::parameter(std::string_view keyword) const {
  for (const auto& [name, value] : parameters)
    if (name == keyword) return value;
  return "";
}

bool PathArgument::has(std::string_view keyword) const {
  return std::ranges::any_of(parameters, [&](const auto& one) { return one.first == keyword; });
}

std::string original_recipient(std::string_view orcpt) {
  const auto semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos) return "";
  const auto type = text::to_lower(orcpt.substr(0, semicolon));
  const auto name = orcpt.substr(semicolon + 1);
  if (type == "utf-8") return decode_utf8_address(name);
  const auto decoded = decode_xtext(name).value_or("");
  return decoded.empty() || type == "rfc822" ? decoded : type + ";" + decoded;
}

}  // namespace pams::milter::relay
