/// Checks of what an operator writes in an action, where a type cannot say it. Pure; any thread.
#pragma once

#include <string_view>

#include "rules/base/result.hpp"

namespace pams::rules {

Status check_field_name(std::string_view name);
/// No control characters: nobody smuggles a second line into a header or a reply.
Status check_one_line(std::string_view text);
/// As check_one_line, and ASCII, as SMTP replies are; 1 to 256 bytes, which is Exchange's limit too.
Status check_reply_text(std::string_view text);

}  // namespace pams::rules
