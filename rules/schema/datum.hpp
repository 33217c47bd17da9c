/// One value against one Param: type, form and range. Pure; any thread.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "rules/schema/read.hpp"

namespace pams::schema {

/// The value in the form that Args hands out, or why it does not fit ("must be a string, not an integer").
tl::expected<Args::Datum, std::string> to_datum(const Param& param, const Value& value, const Files& files);

/// The default of `param`, which must have one. A default that does not fit its own Param throws: a fault of
/// the program.
Args::Datum fallback_datum(const Param& param, const Files& files);

bool same(const Args::Datum& a, const Args::Datum& b);

}  // namespace pams::schema
