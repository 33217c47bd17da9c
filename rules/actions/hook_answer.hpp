/// What a hook's exit code and output mean. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/actions/draft.hpp"

namespace pams::rules {

/// The message goes on, with these fields (each replaces all of its name).
struct HookAccepts {
  std::vector<HeaderField> fields;  ///< `value` as HeaderField::value
};
using HookAnswer = std::variant<HookAccepts, Defer, Reject>;

/// sysexits.h: 0 EX_OK accepts, 75 EX_TEMPFAIL defers, 77 EX_NOPERM rejects; every other code means that the
/// hook has failed, and so does output that is not exactly what the code allows. `flag` is the header that
/// decides the route (pams.header).
Result<HookAnswer> read_hook_answer(int exit_code, std::string_view output, std::string_view flag);

/// Whether no hook may give this field: it decides the route, the trust, the recipients or the structure of
/// the message, or says who sent it.
bool is_refused_to_hooks(std::string_view name, std::string_view flag);

}  // namespace pams::rules
