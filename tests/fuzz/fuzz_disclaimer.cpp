// Promise: whatever the message, what the editor changes is the texts that it says and nothing else: every
// other byte stays, each text is the old one with one insertion, and a wrapped message is inside as it came.
#include <algorithm>
#include <array>
#include <string>

#include "rules/disclaimer/disclaimer.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/edited_message.hpp"

using pams::fuzz::promise;
using namespace pams::disclaimer;

namespace {

constexpr pams::MimeLimits kLimits{.depth = 10, .parts = 50, .part_header_bytes = 1000};

const std::array<Disclaimer, 4>& disclaimers() {
  static const std::array<Disclaimer, 4> all{
      complete({"<p>Notice</p>", "Notice", Location::Append}).value(),
      complete({"<p>Notice</p>", "Notice", Location::Prepend}).value(),
      complete({"<p>E\xC3\xA9n \xE2\x82\xAC Notice</p>", "", Location::Append}).value(),
      complete({"", "E\xC3\xA9n \xE2\x82\xAC\n\nNotice", Location::Prepend}).value(),
  };
  return all;
}

/// Refused at times, where our part would break a limit; the editor itself looks at every old part.
void check_added(const pams::Message& before, const pams::MimeMap& map, const Disclaimer& disclaimer) {
  const auto added = add_part(before, map, disclaimer, kLimits);
  if (!added) return;
  const auto again = apply(*added, map_mime(*added, {}).value(), disclaimers().front());
  promise(again.has_value(), "there is a text now");
}

void check_applied(const pams::Message& before, const pams::MimeMap& map, const Disclaimer& disclaimer) {
  const auto applied = apply(before, map, disclaimer);
  if (!applied) {
    if (applied.error().kind == pams::mime::WithoutText::OnlyAttachments)
      check_added(before, map, disclaimer);
    return;
  }
  promise(applied->parts > 0, "what is not refused has the disclaimer");
  const auto again = map_mime(applied->message, {});
  promise(again.has_value(), "the edited message can be read");
  const auto fault =
      pams::test::edit_fault({before, map}, {applied->message, *again}, applied->parts, "Notice");
  promise(fault.empty(), fault);
}

void check_wrapped(const pams::Message& message, const Disclaimer& disclaimer) {
  const auto wrapped = wrap(message, disclaimer).wire();
  const auto inside = message.headers.wire() + "\r\n" + std::string(message.body.view());
  promise(wrapped.find(inside) != std::string::npos, "a wrapped message is inside as it came");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = pams::parse_message(pams::fuzz::text_of(data, size));
  const auto map = pams::map_mime(message, kLimits);
  if (!map) return 0;
  for (const auto& disclaimer : disclaimers()) check_applied(message, *map, disclaimer);
  check_wrapped(message, disclaimers().front());
  return 0;
}
