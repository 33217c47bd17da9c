#include "milter/mta/postfix/table_name.hpp"

#include <iterator>

#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {

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
