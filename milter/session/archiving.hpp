/// First step of letting a message go: everything that must be durable is. Any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/archive/archive_store.hpp"
#include "milter/base/receipt.hpp"
#include "milter/session/services.hpp"

namespace pams::milter {

class Archiving {
 public:
  using Done = Receipt<Archiving>;

  static bool is_wanted(const rules::Plan& plan);

  /// Commits `record` to each archive that `plan` names, in order; the receipt's id is the record's ("" when
  /// the plan names none: nothing to archive). The first failure ends it.
  static Result<Done> carry_out(const Services& services, const rules::Plan& plan,
                                const ArchiveRecord& record);
};

/// What an archive keeps of a message that leaves as `plan` says: the envelope with added recipients, the
/// names of the rules that matched and what they did. `received` lives as long as the record.
ArchiveRecord record_of(const rules::Plan& plan, Envelope envelope, std::string queue_id,
                        std::chrono::sys_seconds time, const Message& received);

/// The envelope as the message leaves.
Envelope with_added_recipients(const rules::Plan& plan, Envelope envelope);

std::vector<std::string> matched_rules(const rules::Plan& plan);
/// "RULE: action", in order. Names only: what an action wrote may be confidential.
std::vector<std::string> actions_done(const rules::Plan& plan);

}  // namespace pams::milter
