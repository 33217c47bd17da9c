/// Before anything is done about a message: the MTA is ready to hand what leaves through a connector to the
/// relay, and the key that seals it is at hand. Any thread.
#pragma once

#include <memory>
#include <string>

#include "milter/seal/key_ring.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::session {

class Routing {
 public:
  /// Proof of the step, with what it found. Only `prepare` makes one.
  class Ready {
   public:
    /// null: the normal route.
    const rules::OutboundConnector* connector() const { return connector_; }
    const std::shared_ptr<const seal::KeyRing>& keys() const { return keys_; }
    const std::string& suffix() const { return suffix_; }  ///< Sendmail's, see routing/route.hpp; "" = none

   private:
    friend Routing;
    Ready() = default;
    const rules::OutboundConnector* connector_ = nullptr;
    std::shared_ptr<const seal::KeyRing> keys_;
    std::string suffix_;
  };

  /// Fails when the plan's connector is unknown, the MTA's routing is
  /// not verified, there is no key, or a recipient cannot be given Sendmail's suffix. Mail of a trusted peer
  /// to the outside needs no connector, but fails too while the MTA's own rules could have removed a flag.
  static Result<Ready> prepare(const Services& services, const rules::Plan& plan, const Envelope& envelope);

  /// Whether prepare() has to look at the MTA's settings, which may take long.
  static bool is_needed(const Services& services, const rules::Plan& plan, const Envelope& envelope);
};

}  // namespace pams::milter::session
