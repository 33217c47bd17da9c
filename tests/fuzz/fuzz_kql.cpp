// Promise: a question of any bytes is refused with a reason and its place, or understood; and what was
// understood, written out again, is understood alike.
#include <algorithm>
#include <string>

#include "rules/base/text.hpp"
#include "rules/query/kql.hpp"
#include "rules/query/print.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pams::query;
using pams::fuzz::promise;

namespace {

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 28};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto query = parse_query(pams::fuzz::text_of(data, size), kNow);
  if (!query) {
    const auto& what = query.error().what;
    promise(what.starts_with("query: "), "a refusal says of what");
    promise(what.size() <= 2000, "a refusal is short");
    const auto lines = pams::text::split(what, '\n');
    promise(lines.size() == 3 || size > 8192, "a refusal shows the place");
    promise(lines.back().ends_with('^') || size > 8192, "a refusal has a caret");
    for (const auto line : lines)
      promise(line == pams::text::printable(line, line.size()), "a refusal is harmless to a terminal");
    return 0;
  }
  const auto printed = to_kql(**query);
  if (printed.size() > 8192) return 0;  // operators make it longer than a question may be
  const auto again = parse_query(printed, std::nullopt);
  promise(again.has_value(), "what was understood can be written");
  promise(to_kql(**again) == printed, "what was written is understood alike");
  return 0;
}
