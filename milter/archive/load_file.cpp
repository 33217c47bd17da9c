#include "milter/archive/load_file.hpp"

#include "milter/base/csv.hpp"
#include "milter/base/time_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::archive {

std::string load_file_titles() {
  return csv_line({"file", "sha256", "bytes", "version", "encrypted", "id", "number", "time", "message_id",
                   "queue_id", "sender", "recipients", "subject", "rules", "actions", "connector", "outcome",
                   "reason"});
}

std::string load_file_row(const ExportedFile& file, const RecordRow& row, const Fate& fate) {
  return csv_line({file.name, file.sha256, std::to_string(file.bytes), std::string(file.version),
                   row.is_encrypted() ? "yes" : "no", row.id, std::to_string(row.number), iso8601(row.time),
                   row.message_id, fate.queue_id, row.sender, text::join(row.recipients, "; "), row.subject,
                   text::join(row.rules, "; "), text::join(row.actions, "; "), row.connector,
                   std::string(to_text(fate.outcome)), fate.reason});
}

}  // namespace pams::milter::archive
