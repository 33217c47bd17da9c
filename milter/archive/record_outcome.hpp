/// What became of an archived message. A record stands for one message, however often the MTA had to try;
/// each try has its queue id and its outcome. The first try is the record's own; what is learnt later is an
/// entry of the chain, like a record, so that a mark can be proved and none can be removed or made up. Pure;
/// any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pams::milter::archive {

enum class RecordOutcome {
  Sent,      ///< handed to the MTA, and nothing else is known
  Deferred,  ///< answered 4xx after it was archived: it comes again, or it does not
  Refused    ///< answered 5xx, or removed by the MTA, after it was archived
};
/// "sent to the MTA", "deferred", "refused".
std::string_view to_text(RecordOutcome outcome);

/// A row of `outcome`.
struct OutcomeRow {
  std::int64_t number = 0;  ///< its place in the chain
  std::int64_t record = 0;  ///< the record's place in the chain
  std::chrono::sys_seconds time;
  std::string queue_id;
  std::string message_id;  ///< of this try; "" in a mark
  std::string outcome;     ///< as the archive keeps it; from to_text()
  std::string reason;      ///< one line; "" when it was sent
};

/// What counts now.
struct Fate {
  RecordOutcome outcome = RecordOutcome::Sent;
  std::string reason;
  std::string queue_id;                  ///< of the try that was sent last; of the last one when none was
  std::vector<std::string> queue_ids;    ///< of all tries, in the order of their coming
  std::vector<std::string> message_ids;  ///< the same; each once
};

/// `later` in the chain's order, `queue_id` and `message_id` of the record itself.
Fate fate_of(const std::string& queue_id, const std::string& message_id,
             const std::vector<OutcomeRow>& later);

/// The outcome of the try with this queue id alone; Sent when nothing says otherwise.
struct TryOutcome {
  bool is_known = false;
  RecordOutcome outcome = RecordOutcome::Sent;
};
TryOutcome outcome_of_try(const std::string& queue_id, const std::string& record_queue_id,
                          const std::vector<OutcomeRow>& later);

}  // namespace pams::milter::archive
