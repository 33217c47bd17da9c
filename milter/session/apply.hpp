/// Third step, and the only place that speaks both languages: the effects of a plan as calls of libmilter.
/// What was called has not happened until the MTA hears CONTINUE; with 451 it forgets all of it.
#pragma once

#include <libmilter/mfapi.h>

#include "milter/base/receipt.hpp"
#include "milter/session/routing.hpp"
#include "milter/session/transaction.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter {

/// The most that fits one packet of the milter protocol: libmilter splits at this size, and one byte more
/// would cost a packet of its own.
inline constexpr std::size_t kBodyPiece = 65535;

class Application {
 public:
  using Applied = Receipt<Application>;

  /// The route first (Postfix: the marker; Sendmail: the recipients): should anything after it be lost, the
  /// message still has its route. `leading_space`: as the session agreed. Failure::Temporary when the MTA
  /// does not take a change.
  static Result<Applied> carry_out(SMFICTX* context, bool leading_space, const rules::Plan& plan,
                                   const Transaction& message, const Routing::Ready& route);
};

}  // namespace pams::milter
