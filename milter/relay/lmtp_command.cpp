#include "milter/relay/lmtp_command.hpp"

#include <algorithm>
#include <charconv>

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
  const auto type = orcpt.substr(0, semicolon);
  if (!text::iequals(type, "rfc822") && !text::iequals(type, "utf-8")) return "";
  return decode_xtext(orcpt.substr(semicolon + 1)).value_or("");
}

}  // namespace pams::milter::relay
