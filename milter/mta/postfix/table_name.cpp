#include "milter/mta/postfix/table_name.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {

bool TableName::stands_in_main() const {
  static constexpr std::array<std::string_view, 3> kConstant{"inline", "static", "fail"};
  return is_inline() || std::ranges::find(kConstant, type) != kConstant.end();
}

bool TableName::has_rules_as_text() const {
  static constexpr std::array<std::string_view, 4> kFiles{"pcre", "regexp", "texthash", "cidr"};
  return stands_in_main() || std::ranges::find(kFiles, type) != kFiles.end();
}

std::vector<TableName> tables_of(std::string_view map) {
  map = text::trim(map);
  while (map.starts_with("proxy:")) map.remove_prefix(6);
  const auto colon = map.find(':');
  if (colon == std::string_view::npos) return {{"", std::string(map)}};
  const TableName table{std::string(map.substr(0, colon)), std::string(text::trim(map.substr(colon + 1)))};
  const bool is_made_of_others = table.type == "unionmap" || table.type == "pipemap";
  if (!is_made_of_others || !table.is_inline() || !table.rest.ends_with('}')) return {table};
  std::vector<TableName> parts;
  for (const auto& element : split_list(std::string_view(table.rest).substr(1, table.rest.size() - 2))) {
    auto inner = tables_of(element);
    std::ranges::move(inner, std::back_inserter(parts));
  }
  return parts;
}

}  // namespace pams::milter::mta
