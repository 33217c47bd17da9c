#include "milter/doctor/checks/flag_rules.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <re2/re2.h>

#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::array<std::string_view, 3> kActions{"IGNORE", "REPLACE", "STRIP"};
constexpr std::size_t kMaxPattern = 400;

/// pcre_table(5): what begins with a blank continues the line before, comments and empty lines between them
/// or not.
std::vector<std::string> logical_lines(std::string_view table) {
  std::vector<std::string> lines;
  for (const auto raw : text::split(table, '\n')) {
    const auto line = text::replace_all(text::trim_right(raw), "\t", " ");
    if (text::trim(line).empty() || text::trim_left(line).starts_with('#')) continue;
    if (line.starts_with(' ') && !lines.empty())
      lines.back() += line;
    else
      lines.push_back(line);
  }
  return lines;
}

bool has_word_of(std::string_view line) {
  const auto lower = text::to_lower(line);
  return std::ranges::any_of(kActions, [&](std::string_view action) {
    return lower.find(" " + text::to_lower(action)) != std::string::npos;
  });
}

/// What stands between the delimiters of "/pattern/flags action"; "" for anything else, and for !/pattern/.
std::string_view pattern_of(std::string_view line) {
  line = text::trim_left(line);
  if (line.empty() || line.front() == '!' || text::is_alnum(line.front())) return {};
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == line.front()) {
      return line.substr(1, at - 1);
    }
  }
  return {};
}

/// Another name of the same shape: an expression that matches both is not about the flag.
std::string other_name(std::string_view name) {
  std::string other(name);
  for (auto& c : other)
    if (text::is_alpha(c)) c = static_cast<char>('a' + (text::lower(c) - 'a' + 13) % 26);
  return other;
}

/// Some beginning of the pattern matches the flag's name with its colon, and not just any name. What RE2
/// does not know is for the values that Postfix is asked about.
bool is_about(const std::string& flag, std::string_view pattern) {
  const auto name = flag + ":";
  const auto other = other_name(name);
  RE2::Options options(RE2::Quiet);
  options.set_case_sensitive(false);
  for (std::size_t size = 1; size <= std::min(pattern.size(), kMaxPattern); ++size) {
    const RE2 beginning(re2::StringPiece(pattern.data(), size), options);
    if (beginning.ok() && RE2::FullMatch(name, beginning) && !RE2::FullMatch(other, beginning)) return true;
  }
  return false;
}

bool names(const std::string& flag, std::string_view line) {
  return text::to_lower(line).find(text::to_lower(flag)) != std::string::npos;
}

}  // namespace

bool takes_away(std::string_view action) {
  const auto word = action.substr(0, action.find_first_of(text::kBlank));
  return std::ranges::any_of(kActions, [&](std::string_view one) { return text::iequals(word, one); });
}

std::optional<std::string> rule_against(const std::string& flag, std::string_view table) {
  std::vector<bool> about;  // of each `if` that is open: whether it, or one around it, is about the flag
  for (const auto& line : logical_lines(table)) {
    const bool is_inside = !about.empty() && about.back();
    if (text::istarts_with(line, "endif")) {
      if (!about.empty()) about.pop_back();
    } else if (text::istarts_with(line, "if ") || text::istarts_with(line, "if/")) {
      const auto condition = text::trim_left(std::string_view(line).substr(2));
      about.push_back(is_inside || (!condition.starts_with('!') &&
                                    (names(flag, condition) || is_about(flag, pattern_of(condition)))));
    } else if (has_word_of(line) && (is_inside || names(flag, line) || is_about(flag, pattern_of(line)))) {
      return line;
    }
  }
  return std::nullopt;
}

}  // namespace pams::milter::doctor
