#include "milter/archive/record_json.hpp"

#include "milter/base/time_text.hpp"

namespace pams::milter::archive {

nlohmann::ordered_json record_json(const RecordRow& row, const Fate& fate) {
  return {{"id", row.id},
          {"time", iso8601(row.time)},
          {"message_id", row.message_id},
          {"queue_id", fate.queue_id},
          {"sender", row.sender},
          {"recipients", row.recipients},
          {"subject", row.subject},
          {"rules", row.rules},
          {"connector", row.connector},
          {"outcome", to_text(fate.outcome)},
          {"reason", fate.reason}};
}

}  // namespace pams::milter::archive
