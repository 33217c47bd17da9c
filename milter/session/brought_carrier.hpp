/// A message that comes with X-PAMS-Sealed: an operator submits again what the MTA held, or somebody pretends
/// to. Any thread.
#pragma once

#include "milter/seal/carrier.hpp"

namespace pams::milter::session {

struct BroughtCarrier {
  seal::SealId seal;
  seal::Contents contents;
};

/// Whether `received` comes as a carrier at all.
bool is_brought_carrier(const Headers& received);

/// Opens all of it and keeps nothing of the content. Failures as seal::CarrierReader gives them: Refused when
/// it is not one of our seals, or changed.
Result<BroughtCarrier> authenticate(const seal::KeyRing& keys, const Message& received);

}  // namespace pams::milter::session
