#include "milter/mta/postfix/postfix_text.hpp"

#include <array>
#include <utility>

#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

constexpr std::string_view kSeparators = ", \t\r\n";

}  // namespace

std::optional<Service> parse_service(const std::string& line) {
  // service type private unprivileged chroot wakeup process-limit command
  std::array<std::string, 8> column;
  std::string_view rest = line;
  for (auto& word : column) {
    rest = text::trim_left(rest);
    const auto end = rest.find_first_of(text::kBlank);
    word = rest.substr(0, end);
    rest.remove_prefix(word.size());
  }
  if (column.back().empty() || column[0].starts_with('#')) return std::nullopt;
  return Service{column[0], column[1], column[4], column[6], column[7], line};
}

std::optional<ServiceParameter> parse_service_parameter(const std::string& line) {
  const auto equals = line.find(" =");
  if (equals == std::string::npos) return std::nullopt;
  const auto path = line.substr(0, equals);
  const auto slash = path.rfind('/');
  if (slash == std::string::npos || path.find('/') == slash) return std::nullopt;
  return ServiceParameter{path.substr(0, slash), path.substr(slash + 1),
                          std::string(text::trim(std::string_view(line).substr(equals + 2)))};
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> elements;
  std::string element;
  int depth = 0;
  for (const char c : value) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    const bool ends = depth == 0 && kSeparators.find(c) != std::string_view::npos;
    if (!ends) element += c;
    if (ends && !element.empty()) elements.push_back(std::exchange(element, ""));
  }
  if (!element.empty()) elements.push_back(element);
  return elements;
}

MilterEntry parse_milter(std::string_view element) {
  MilterEntry entry;
  element = text::trim(element);
  if (!element.starts_with('{')) return {std::string(element), {}};
  element = element.substr(1, element.ends_with('}') ? element.size() - 2 : std::string_view::npos);
  for (const auto& word : split_list(element)) {
    // "{ name = value }" is one option too.
    const auto option = text::trim(word, "{} \t");
    const auto equals = option.find('=');
    if (entry.address.empty())
      entry.address = option;
    else if (equals != std::string_view::npos)
      entry.options[std::string(text::trim(option.substr(0, equals)))] =
          text::trim(option.substr(equals + 1));
  }
  return entry;
}

std::string regex_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!text::is_alnum(c) && c != '-' && c != '_') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace pams::milter::mta
