/// Whether the MTA delivers an address on this machine, so that mail for it does not leave. Asked before the
/// report of a flagged message goes there. Implementations are safe for many sessions at once.
#pragma once

#include <string>

#include "rules/base/result.hpp"

namespace pams::milter {

class LocalDelivery {
 public:
  virtual ~LocalDelivery() = default;
  /// Fine, or Failure::Misconfigured with what was found instead.
  virtual Status verified(const std::string& address) = 0;
};

}  // namespace pams::milter
