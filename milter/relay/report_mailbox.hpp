/// A journal report has no sender who could be told that it was refused: it waits in the MTA's queue until
/// one of its mailboxes takes it, the journal's or the alternate one. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "milter/relay/answer.hpp"
#include "milter/seal/sealed.hpp"

namespace pams::milter::relay {

/// The place in `mailboxes` that is tried now: `asked`, until it has refused the report; then another; when
/// all have, the one that did so longest ago. `refused_by`: their addresses, longest ago first.
std::size_t mailbox_to_try(std::size_t asked, const std::vector<seal::Contents::Recipient>& mailboxes,
                           const std::vector<std::string>& refused_by);

/// A refusal as the MTA is told of it: come again.
Answer deferred(Answer answer);

}  // namespace pams::milter::relay
