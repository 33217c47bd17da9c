// Promise: an address field of any bytes and any nesting gives at most 1,000 addresses, each with a domain.
#include "rules/message/envelope.hpp"
#include "tests/fuzz/fuzz.hpp"

using pams::fuzz::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = pams::fuzz::text_of(data, size);
  const auto found = pams::addresses_in(input);
  promise(found.size() <= 1000, "at most 1,000 addresses");
  for (const auto& address : found) {
    promise(address.size() <= input.size(), "an address is part of the field");
    promise(address.find('@') != 0, "an address has a local part");
    promise(!pams::domain_of(address).empty(), "an address has a domain");
  }
  return 0;
}
