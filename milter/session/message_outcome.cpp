#include "milter/session/message_outcome.hpp"

namespace pams::milter::session {

rules::Verdict verdict_of(const MessageOutcome& outcome) {
  using rules::Verdict;
  if (outcome.refused) return outcome.refused->reply.code >= 500 ? Verdict::Reject : Verdict::Defer;
  return outcome.plan ? outcome.plan->verdict : Verdict::Defer;
}

}  // namespace pams::milter::session
