/// Second step: the MTA is ready to take the message to its connector, and the secret that tells it so is at
/// hand. Any thread.
#pragma once

#include "milter/base/receipt.hpp"
#include "milter/session/services.hpp"

namespace pams::milter {

class Routing {
 public:
  /// The id is the marker's token; "" means the normal route.
  using Ready = Receipt<Routing>;

  /// Fails (who must act is always the postmaster) when the plan's connector is unknown, the MTA's routing is
  /// not verified, or there is no token.
  static Result<Ready> prepare(const Services& services, const rules::Plan& plan);
};

}  // namespace pams::milter
