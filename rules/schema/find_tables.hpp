/// Where a section of the configuration stands in its files. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/schema/value.hpp"

namespace pams::schema {

enum class Occurs { Once, Repeatedly };

/// How a section is written: "[trust]", "[[archive]]".
std::string heading(std::string_view name, Occurs occurs);

/// Every table of a section, over all files in their order. What is written in the other way is reported and
/// left out; a second table of a section that occurs once is reported, and given so that it can be read too.
std::vector<const Value*> find_tables(std::span<const Value> files, std::string_view name, Occurs occurs,
                                      Diagnostics& diagnostics);

/// The elements of an array of tables; anything else is reported. `heading`: "[[transport_rule.do]]".
std::vector<const Value*> elements_of(const Value& value, std::string_view heading, Diagnostics& diagnostics);

}  // namespace pams::schema
