/// Exchange's journal rules: which messages are reported, to whom, and how the reports leave. Values; any
/// thread. Source: New-JournalRule, Set-TransportConfig; reference pages "Journaling in Exchange".
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"
#include "rules/message/organization.hpp"

namespace pams::rules {

enum class JournalScope { Global, Internal, External };

struct JournalRule {
  std::string name;
  JournalScope scope = JournalScope::Global;
  std::string recipient;  ///< "" = everyone; else only mail from or to this address
  std::string journal_email_address;
};

/// [journal] deliver_to: where the relay brings the reports of flagged mail, which travel sealed.
struct ReportDestination {
  enum class Kind { None, UnixSocket, Port, Connector };
  Kind kind = Kind::None;
  std::string path;  ///< UnixSocket: absolute
  std::string host;  ///< Port: an address on loopback, without brackets
  unsigned port = 0;
  std::string connector;  ///< Connector: its name
};

/// [journal] and every [[journal_rule]].
struct Journal {
  std::vector<JournalRule> rules;
  std::string path;                      ///< the spool's directory
  std::string submit_to;                 ///< "127.0.0.1:895": the MTA's listener for reports
  std::string journaling_report_ndr_to;  ///< the alternate journaling mailbox; "" = none
  ReportDestination deliver_to;
  std::chrono::seconds alert_after{3600};
};

/// The journal mailboxes that get a report of this message, once each, in the order of the rules. Never
/// journaled, because a report of a report would have no end: mail from a journal mailbox, mail for journal
/// mailboxes alone, and a journal report (X-MS-Journal-Report) from the null sender. The alternate mailbox
/// counts as one.
std::vector<std::string> journal_mailboxes(const Journal& journal, const Headers& headers,
                                           const Envelope& envelope, const Organization& organization);

}  // namespace pams::rules
