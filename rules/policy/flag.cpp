#include "rules/policy/flag.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::rules {

std::string header_key(std::string_view name) { return text::to_lower(text::trim(name)); }

bool is_named(const HeaderField& field, std::string_view name) {
  return text::iequals(text::trim(field.name), text::trim(name));
}

std::vector<const HeaderField*> fields_named(const Headers& headers, std::string_view name) {
  std::vector<const HeaderField*> found;
  for (const auto& field : headers.fields())
    if (is_named(field, name)) found.push_back(&field);
  return found;
}

Headers without(const Headers& headers, std::string_view name) {
  auto fields = headers.fields();
  std::erase_if(fields, [&](const HeaderField& field) { return is_named(field, name); });
  return Headers(std::move(fields));
}

bool same_fields(const Headers& a, const Headers& b, std::string_view name) {
  return std::ranges::equal(
      fields_named(a, name), fields_named(b, name),
      [](const HeaderField* x, const HeaderField* y) { return x->name == y->name && x->value == y->value; });
}

}  // namespace pams::rules
