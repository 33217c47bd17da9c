/// The properties that a query can name. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rules/query/query.hpp"

namespace pams::query {

/// What a value of the property is.
enum class Kind { Text, MessageId, YesNo, Importance, MessageKind, Time, Bytes };

struct Property {
  std::string_view name;
  Field field;
  Kind kind;
};

std::span<const Property> properties();
/// In any letter case; nullptr when there is none of that name. `has:attachment` is not in the table.
const Property* property_of(std::string_view name);
/// "" for Any.
std::string_view name_of(Field field);

}  // namespace pams::query
