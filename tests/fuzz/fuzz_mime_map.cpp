// Promise: whatever the message, its parts tile the body, it is written as it was read, and what a reader
// would see of it is well-formed and bounded.
#include "rules/message/charset.hpp"
#include "rules/message/content.hpp"
#include "rules/message/transfer_encoding.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/mime_check.hpp"

using pams::fuzz::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxText = 1000;
  const auto message = pams::parse_message(pams::fuzz::text_of(data, size));
  const auto wire = message.wire();
  promise(wire.size() == message.wire_size(), "wire_size is the size of wire");
  promise(pams::parse_message(wire).wire() == wire, "a message that was read is written as it was read");
  const auto map = pams::map_mime(message, {.depth = 10, .parts = 50, .part_header_bytes = 1000});
  if (!map) return 0;
  const auto body = message.body.view();
  const auto fault = pams::test::tiling_fault(*map, body);
  promise(fault.empty(), fault);
  const auto text = pams::body_text(*map, body, kMaxText).text;
  promise(text.size() <= kMaxText, "body text is bounded");
  promise(pams::repair_utf8(text) == text, "body text is UTF-8");
  for (const auto& attachment : pams::attachments(*map, body))
    promise(attachment.size <= body.size(), "an attachment is no larger than its message");
  for (const auto& part : map->parts)
    if (part.encoding == "base64") {
      const auto content = body.substr(part.content.begin, part.content.size());
      promise(pams::decoded_base64_size(content) == pams::decode_content(part, body).size(),
              "sizes are right");
    }
  return 0;
}
