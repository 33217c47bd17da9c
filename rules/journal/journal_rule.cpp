#include "rules/journal/journal_rule.hpp"

#include <algorithm>

#include "rules/journal/journal_report.hpp"
#include "rules/unicode/address.hpp"

namespace pams::rules {
namespace {

bool concerns(const JournalRule& rule, const Envelope& envelope) {
  if (rule.recipient.empty()) return true;
  const auto key = address_key(rule.recipient);
  const auto is_it = [&](const std::string& address) { return address_key(address) == key; };
  return is_it(envelope.sender) || std::ranges::any_of(envelope.recipients, is_it);
}

/// Internal: sender and every recipient inside; external: anyone outside. Exchange judges the sender by MAIL
/// FROM alone.
bool in_scope(JournalScope scope, const Envelope& envelope, const Organization& organization) {
  const auto is_inside = [&](const std::string& address) { return organization.has_recipient(address); };
  const bool all_inside =
      organization.has_address(envelope.sender) && std::ranges::all_of(envelope.recipients, is_inside);
  return scope == JournalScope::Global || (scope == JournalScope::Internal) == all_inside;
}

/// A recipient beside the journal mailboxes is enough to be journaled: nobody hides mail by a copy to them.
bool is_about_journaling(const Journal& journal, const Headers& headers, const Envelope& envelope) {
  const auto is_mailbox = [&](const std::string& address) {
    const auto key = address_key(address);
    return (!journal.journaling_report_ndr_to.empty() &&
            address_key(journal.journaling_report_ndr_to) == key) ||
           std::ranges::any_of(journal.rules, [&](const JournalRule& rule) {
             return address_key(rule.journal_email_address) == key;
           });
  };
  return (envelope.sender.empty() && headers.has(kJournalReportHeader)) || is_mailbox(envelope.sender) ||
         std::ranges::all_of(envelope.recipients, is_mailbox);
}

}  // namespace

std::vector<std::string> journal_mailboxes(const Journal& journal, const Headers& headers,
                                           const Envelope& envelope, const Organization& organization) {
  std::vector<std::string> mailboxes;
  if (is_about_journaling(journal, headers, envelope)) return mailboxes;
  for (const auto& rule : journal.rules) {
    if (!in_scope(rule.scope, envelope, organization) || !concerns(rule, envelope)) continue;
    const auto is_same = [&](const std::string& other) {
      return address_key(other) == address_key(rule.journal_email_address);
    };
    if (std::ranges::none_of(mailboxes, is_same)) mailboxes.push_back(rule.journal_email_address);
  }
  return mailboxes;
}

}  // namespace pams::rules
