/// Which fields of a header carry a name that the policy itself depends on. Blanks between the name and the
/// colon do not hide a field: Postfix (is_header.c) and Sendmail read past them, so must we. Pure; any
/// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/message/header.hpp"

namespace pams::rules {

/// The name as MTAs compare it: lower case, without blanks at its end.
std::string header_key(std::string_view name);
bool is_named(const HeaderField& field, std::string_view name);
std::vector<const HeaderField*> fields_named(const Headers& headers, std::string_view name);
Headers without(const Headers& headers, std::string_view name);
/// Whether both carry the same fields of that name, byte for byte and in the same order.
bool same_fields(const Headers& a, const Headers& b, std::string_view name);

}  // namespace pams::rules
