/// Exchange's journal rules: which messages are reported, and to whom. Values; any thread.
/// Source: New-JournalRule; reference pages "Journaling in Exchange".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rules/message/envelope.hpp"
#include "rules/message/organization.hpp"

namespace pams::journal {

enum class JournalScope { Global, Internal, External };

struct JournalRule {
  std::string name;
  JournalScope scope = JournalScope::Global;
  std::string recipient;              ///< "" = everyone; else only mail from or to this address
  std::string journal_email_address;
};

/// The journal mailboxes that get a report of this message, once each, in the order of the rules. Mail from or to a journal
/// mailbox itself is never journaled: a report of a report would have no end.
std::vector<std::string> journal_mailboxes(std::span<const JournalRule> rules, const Envelope& envelope,
                                           const Organization& organization);

}  // namespace pams::journal
