/// One value against one Param: type, form and range. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "rules/schema/read.hpp"

namespace pams::schema {

/// What does not fit, and where: the value, or one element of a list.
struct Flaw {
  Location at;
  std::string text;  ///< "must be a string, not an integer"
};

/// The value in the form that Args hands out, or all that is wrong with it.
tl::expected<Args::Datum, std::vector<Flaw>> to_datum(const Param& param, const Value& value,
                                                      const Files& files);

/// The default of `param`, which must have one and must live as long as the program: it is read once. A
/// default that does not fit its own Param throws: a fault of the program.
Args::Datum fallback_datum(const Param& param);

bool same(const Args::Datum& a, const Args::Datum& b);

}  // namespace pams::schema
