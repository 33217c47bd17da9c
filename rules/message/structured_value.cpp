#include "rules/message/structured_value.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"
#include "rules/message/transfer_encoding.hpp"

namespace pams {
namespace {

constexpr auto kEnd = std::string_view::npos;

/// The quoted string at the front of `s` without quotes and backslashes; open ones end with `s`.
std::string read_quoted(std::string_view s, std::size_t& length) {
  std::string out;
  std::size_t i = 1;
  for (; i < s.size() && s[i] != '"'; ++i) {
    if (s[i] == '\\' && i + 1 < s.size()) ++i;
    out += s[i];
  }
  length = std::min(i + 1, s.size());
  return out;
}

struct Piece {
  std::string_view value;
  bool is_encoded = false;  ///< %41 in it; the first piece also has charset'language'
};

/// "filename*1*" -> 1; "filename*" -> 0; nothing when `name` is no piece of `wanted`.
std::optional<std::pair<int, bool>> piece_of(std::string_view name, std::string_view wanted) {
  if (name.size() <= wanted.size() || !name.starts_with(wanted) || name[wanted.size()] != '*')
    return std::nullopt;
  auto rest = name.substr(wanted.size() + 1);
  if (rest.empty()) return std::pair{0, true};
  const bool is_encoded = rest.ends_with('*');
  if (is_encoded) rest.remove_suffix(1);
  const auto number = parse_number<unsigned>(rest);
  if (!number || rest.size() > 6) return std::nullopt;
  return std::pair{static_cast<int>(*number), is_encoded};
}

}  // namespace

std::string without_comments(std::string_view value) {
  std::string out;
  std::size_t depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool is_escape = c == '\\' && i + 1 < value.size() && (is_quoted || depth > 0);
    if (depth == 0 && (is_quoted || c != '(')) {
      out += c;
      if (is_escape) out += value[++i];
      if (!is_escape && c == '"') is_quoted = !is_quoted;
    } else if (is_escape) {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    }
  }
  return depth > 0 || is_quoted ? std::string(value) : out;
}

StructuredValue::StructuredValue(std::string_view unfolded) {
  const auto clean = without_comments(unfolded);
  std::string_view rest = clean;
  const auto next_parameter = [&] {
    const auto semicolon = rest.find(';');
    rest.remove_prefix(semicolon == kEnd ? rest.size() : semicolon + 1);
  };
  const auto head = text::trim(rest.substr(0, rest.find(';')));
  head_ = text::to_lower(head.substr(0, head.find_first_of(text::kBlank)));
  for (next_parameter(); !rest.empty(); next_parameter()) {
    rest = text::trim_left(rest);
    const auto name_end = rest.find_first_of("=;");
    if (name_end == kEnd || rest[name_end] == ';') continue;
    auto name = text::to_lower(text::trim(rest.substr(0, name_end)));
    rest = text::trim_left(rest.substr(name_end + 1));
    if (name.empty() || name.find_first_of(text::kBlank) != std::string::npos) continue;
    std::string value;
    if (rest.starts_with('"')) {
      std::size_t length = 0;
      value = read_quoted(rest, length);
      rest.remove_prefix(length);
    } else {
      value = text::trim(rest.substr(0, rest.find(';')));
    }
    parameters_.emplace_back(std::move(name), std::move(value));
  }
}

std::string StructuredValue::get(std::string_view name) const {
  const auto plain = std::ranges::find_if(parameters_, [&](const auto& p) { return p.first == name; });
  return plain != parameters_.end() ? plain->second : extended(name);
}

std::string StructuredValue::extended(std::string_view name) const {
  std::map<int, Piece> pieces;
  for (const auto& [key, value] : parameters_)
    if (const auto piece = piece_of(key, name)) pieces.try_emplace(piece->first, Piece{value, piece->second});
  std::string bytes;
  std::string charset;
  bool is_first = true;
  for (auto [number, piece] : pieces) {
    if (is_first && piece.is_encoded && std::ranges::count(piece.value, '\'') >= 2) {
      const auto language = piece.value.find('\'');
      charset = text::to_lower(piece.value.substr(0, language));
      piece.value.remove_prefix(piece.value.find('\'', language + 1) + 1);
    }
    bytes += piece.is_encoded ? decode_percent(piece.value) : std::string(piece.value);
    is_first = false;
  }
  return to_utf8(bytes, charset);
}

bool StructuredValue::is_contradictory(std::string_view name) const {
  const auto first = get(name);
  const auto other = extended(name);
  return (!other.empty() && other != first) || std::ranges::any_of(parameters_, [&](const auto& p) {
           return p.first == name && p.second != first;
         });
}

}  // namespace pams
