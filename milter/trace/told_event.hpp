/// One event of a message's story, as it is told. A value; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "milter/trace/message_trace.hpp"

namespace pams::milter::trace {

struct ToldEvent {
  Instant time, last;
  std::uint64_t times = 1;
  std::string kind, text, recipient, service, relay, result, tls;
  std::string address, cipher, certificate;  ///< of the relay's deliveries
};

}  // namespace pams::milter::trace
