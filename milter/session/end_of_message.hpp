/// The story of a message's end: decide, make ready, make durable, tell the MTA, release.
///
/// Everything that a message does to the world happens here and in this order. The answer is SMFIS_CONTINUE
/// only from `release`, which takes a receipt of every step before it. May throw; the border answers 451.
#pragma once

#include <libmilter/mfapi.h>

#include "milter/session/session.hpp"

namespace pams::milter::session {

sfsistat end_of_message(SMFICTX* context, Session& session);

}  // namespace pams::milter::session
