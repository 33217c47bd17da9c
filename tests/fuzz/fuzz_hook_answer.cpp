// Promise: whatever a hook's program writes, what comes of it cannot break out of its field or its reply,
// decides nothing that hooks may not decide, and is bounded. The first byte of an input is the exit code.
#include <set>
#include <string>
#include <variant>

#include "rules/actions/hook_answer.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pams::rules;
using pams::fuzz::promise;

namespace {

constexpr std::string_view kFlag = "zivver-relay";

void check_reply(std::string_view text) {
  promise(text.find_first_of("\r\n") == text.npos, "a reply is one line");
  promise(text.find('\0') == text.npos, "a reply holds no NUL");
  promise(text.size() <= 1000, "a reply is bounded");
}

void check_log_text(std::string_view reason) {
  promise(reason == pams::text::printable(reason, reason.size()), "a reason is safe for a log");
  promise(reason.size() <= 1000, "a reason is bounded");
}

void check_fields(const HookAccepts& accepts) {
  promise(accepts.fields.size() <= 32, "at most 32 fields");
  std::set<std::string> names;
  for (const auto& field : accepts.fields) {
    promise(pams::is_header_name(field.name) && field.name.size() <= 76,
            "a name is one that a field can have");
    promise(!is_refused_to_hooks(field.name, kFlag), "no field that hooks may not give");
    promise(names.insert(pams::text::to_lower(field.name)).second, "each name once");
    promise(pams::fuzz::is_safe_value(field.value), "a value stays in its field");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int exit_code = data[0];
  const auto answer = read_hook_answer(exit_code, pams::fuzz::text_of(data + 1, size - 1), kFlag);
  promise(answer || answer.error().what.size() <= 500, "a refusal is short");
  promise(!answer || exit_code == 0 || exit_code == 75 || exit_code == 77, "every other code is a fault");
  if (!answer) return 0;
  std::visit(pams::overloaded{
                 [](const HookAccepts& accepts) { check_fields(accepts); },
                 [](const Defer& defer) { check_log_text(defer.reason); },
                 [](const Reject& reject) { check_reply(reject.status + " " + reject.text); },
             },
             *answer);
  promise(std::holds_alternative<HookAccepts>(*answer) == (exit_code == 0), "0 alone accepts");
  return 0;
}
