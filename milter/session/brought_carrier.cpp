#include "milter/session/brought_carrier.hpp"

namespace pams::milter::session {

bool is_brought_carrier(const Headers& received) { return received.has(seal::kSealedHeader); }

Result<BroughtCarrier> authenticate(const seal::KeyRing& keys, const Message& received) {
  BroughtCarrier carrier;
  seal::CarrierReader reader(
      keys,
      [&](const seal::CarrierReader::Header& header, const seal::Contents& contents) -> Status {
        carrier = {header.sealed.id, contents};
        return {};
      },
      [](std::string_view) { return Status{}; });
  return reader.add(received.headers.wire())
      .and_then([&] { return reader.add("\r\n"); })
      .and_then([&] { return reader.add(received.body.view()); })
      .and_then([&] { return reader.finish(); })
      .map([&] { return std::move(carrier); });
}

}  // namespace pams::milter::session
