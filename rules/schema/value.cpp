#include "rules/schema/value.hpp"

#include <array>

namespace pams::schema {

std::string_view Value::type_name() const {
  static constexpr std::array<std::string_view, std::variant_size_v<Data>> kNames{
      "boolean", "integer", "number", "string", "date-time", "array", "table"};
  return kNames[data_.index()];
}

const Value* Value::find(std::string_view key) const {
  const auto* table = as<Table>();
  if (table == nullptr) return nullptr;
  for (const auto& member : *table)
    if (member.key == key) return &member.value;
  return nullptr;
}

}  // namespace pams::schema
