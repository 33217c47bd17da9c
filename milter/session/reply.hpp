/// What the sender's MTA is told. The text never says more than a rule's own words; details are for the log.
#pragma once

#include <libmilter/mfapi.h>

#include "rules/base/result.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter::session {

/// The reply that a failure has by its kind alone.
rules::Reply reply_to(Failure failure);
/// 451 4.7.1: flagged mail whose route is not in order.
rules::Reply reply_route_not_ready();
/// 452 4.5.3 (RFC 5321 4.5.3.1.10), given at end of message because nothing is answered before.
rules::Reply reply_too_many_recipients();

/// Hands `reply` to libmilter; returns SMFIS_TEMPFAIL or SMFIS_REJECT. A reply that is neither 4xx nor 5xx,
/// or whose status does not fit its code, is replaced by reply_to(Failure::Temporary).
sfsistat answer(SMFICTX* context, const rules::Reply& reply) noexcept;

}  // namespace pams::milter::session
