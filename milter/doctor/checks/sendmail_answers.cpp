#include "milter/doctor/checks/sendmail_answers.hpp"

#include "rules/base/text.hpp"

namespace pams::milter::doctor {

std::vector<std::string> cf_lines(const std::string& cf) {
  std::vector<std::string> lines;
  for (const auto line : text::split(cf, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const bool continues = line.front() == ' ' || line.front() == '\t';
    if (continues && !lines.empty())
      lines.back() += " " + std::string(text::trim(line));
    else
      lines.emplace_back(text::trim_right(line));
  }
  return lines;
}

std::string cf_option(const std::vector<std::string>& lines, const std::string& name) {
  std::string value;
  for (const auto& line : lines) {
    const auto equals = line.find('=');
    if (!line.starts_with("O ") || equals == std::string::npos) continue;
    if (text::iequals(text::trim(std::string_view(line).substr(2, equals - 2)), name))
      value = text::trim(std::string_view(line).substr(equals + 1));
  }
  return value;
}

std::string cf_definition(const std::vector<std::string>& lines, const std::string& beginning) {
  std::string found;
  for (const auto& line : lines)
    if (text::trim(std::string_view(line).substr(0, line.find(','))) == beginning) found = line;
  return found;
}

std::string equate(const std::string& definition, char letter) {
  for (const auto part : text::split(definition, ',')) {
    const auto field = text::trim(part);
    if (field.size() >= 2 && field[0] == letter && field[1] == '=') return std::string(field.substr(2));
  }
  return "";
}

std::vector<std::string> all_returned(const std::string& output, const std::string& ruleset) {
  std::vector<std::string> answers;
  for (auto line : text::split(output, '\n')) {
    while (line.starts_with("> ")) line.remove_prefix(2);  // one for each command that printed nothing
    const auto at = line.find("returns:");
    if (at == std::string_view::npos || text::trim(line.substr(0, at)) != ruleset) continue;
    answers.emplace_back(text::trim(line.substr(at + 8)));
  }
  return answers;
}

std::string returned(const std::string& output, const std::string& ruleset) {
  auto answers = all_returned(output, ruleset);
  return answers.empty() ? "" : std::move(answers.back());
}

}  // namespace pams::milter::doctor
