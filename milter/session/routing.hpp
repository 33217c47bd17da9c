/// Second step: the MTA is ready to take the message to its connector, and the secret that tells it so is at
/// hand. Any thread.
#pragma once

#include "milter/base/receipt.hpp"
#include "milter/session/services.hpp"

namespace pams::milter {

class Routing {
 public:
  /// The id is the marker's token, or for Sendmail the suffix of the recipients; "" means the normal route.
  using Ready = Receipt<Routing>;

  /// Fails (who must act is always the postmaster) when the plan's connector is unknown, the MTA's routing is
  /// not verified, there is no token, or a recipient cannot be given Sendmail's suffix.
  static Result<Ready> prepare(const Services& services, const rules::Plan& plan, const Envelope& envelope);
};

}  // namespace pams::milter
