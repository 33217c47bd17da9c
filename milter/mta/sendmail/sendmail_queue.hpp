/// What lies in Sendmail's queue, as its control files have it (qf: to be tried, hf: in quarantine;
/// Sendmail's op.me, appendix B). `sendmail -bp` cuts long addresses and leaves out what is in quarantine.
/// Needs root.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/mta/flagged_queue.hpp"
#include "milter/mta/sendmail/sendmail.hpp"

namespace pams::milter::mta {

struct SendmailQueueEntry {
  QueuedMessage message;  ///< recipients as Sendmail has them, with the suffix of their route
  std::string header;     ///< lines with "\n", folds as they are
};

/// `name`: of the file. nullopt when it is no control file, or not whole.
std::optional<SendmailQueueEntry> parse_queue_file(std::string_view name, std::string_view text);

/// The directories of sendmail.cf, queue groups too. One that cannot be read is an error; a message that
/// leaves meanwhile is none.
Result<std::vector<SendmailQueueEntry>> read_queue(const Sendmail& sendmail);

/// Whether a recipient of the queue has `domain` at its end.
bool has_recipient_below(const std::vector<SendmailQueueEntry>& queue, std::string_view domain);

}  // namespace pams::milter::mta
