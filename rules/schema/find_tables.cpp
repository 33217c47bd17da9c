#include "rules/schema/find_tables.hpp"

namespace pams::schema {

std::string heading(std::string_view name, Occurs occurs) {
  return occurs == Occurs::Once ? "[" + std::string(name) + "]" : "[[" + std::string(name) + "]]";
}

std::vector<const Value*> elements_of(const Value& value, std::string_view heading,
                                      Diagnostics& diagnostics) {
  std::vector<const Value*> elements;
  if (const auto* array = value.as<Array>())
    for (const auto& element : *array) elements.push_back(&element);
  else
    diagnostics.error(value.at(), "must be a list of tables: write " + std::string(heading));
  return elements;
}

std::vector<const Value*> find_tables(std::span<const Value> files, std::string_view name, Occurs occurs,
                                      Diagnostics& diagnostics) {
  const auto written = heading(name, occurs);
  std::vector<const Value*> found;
  for (const auto& file : files) {
    const auto* section = file.find(name);
    if (section == nullptr) continue;
    if (occurs == Occurs::Repeatedly) {
      const auto tables = elements_of(*section, written, diagnostics);
      found.insert(found.end(), tables.begin(), tables.end());
    } else if (section->as<Array>() != nullptr) {
      diagnostics.error(section->at(), "must be one table: write " + written);
    } else {
      if (!found.empty())
        diagnostics.error(section->at(),
                          written + " stands in " + found.front()->at().source->name + " already");
      found.push_back(section);
    }
  }
  return found;
}

}  // namespace pams::schema
