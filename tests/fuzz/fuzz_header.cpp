// Promise: a field can be decoded whatever its bytes, and no text that is put into a field can break out of
// it.
#include "rules/message/charset.hpp"
#include "rules/message/header.hpp"
#include "tests/fuzz/fuzz.hpp"

using pams::fuzz::is_safe_value;
using pams::fuzz::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = pams::fuzz::text_of(data, size);
  const pams::HeaderField raw{"Subject", std::string(input)};
  const auto decoded = raw.decoded();
  promise(pams::repair_utf8(decoded) == decoded, "decoded text is UTF-8");
  promise(raw.unfolded().find_first_of("\r\n") == std::string::npos, "an unfolded value is one line");

  const pams::HeaderField made{"Subject", pams::make_header_value(input)};
  promise(is_safe_value(made.value), "a made value stays in its field");
  const pams::HeaderField again{"Subject", pams::make_header_value(made.decoded())};
  promise(again.decoded() == made.decoded(), "a made value reads back as what it was made from");
  return 0;
}
