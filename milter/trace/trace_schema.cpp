#include "milter/trace/trace_schema.hpp"

namespace pams::milter::trace {
namespace {

/// `open` of a queue id: its file is in the queue; ids are used again after that. `sealing`: from this
/// message on all that is flagged is sealed. `refusal`: what the archive has not been told yet. `untold`:
/// queue files that the MTA has logged, and no milter told of so far; `message`: what the log alone made of
/// one.
constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS message(
  id INTEGER PRIMARY KEY, received INTEGER, queue_id TEXT, message_id TEXT, sender TEXT, sender_key TEXT,
  subject TEXT, subject_key TEXT, class TEXT, route TEXT, transport TEXT, smart_hosts TEXT, size INTEGER,
  client TEXT);
CREATE INDEX IF NOT EXISTS message_by_message_id ON message(message_id);
CREATE INDEX IF NOT EXISTS message_by_sender ON message(sender_key);
CREATE INDEX IF NOT EXISTS message_by_sender_domain ON message(
  substr(sender_key, length(rtrim(sender_key, replace(sender_key, '@', '')))));
CREATE INDEX IF NOT EXISTS message_flagged ON message(id) WHERE class = 'flagged';
CREATE TABLE IF NOT EXISTS recipient(
  message INTEGER REFERENCES message ON DELETE CASCADE, number INTEGER, address TEXT, address_key TEXT,
  expanded_from TEXT, status TEXT, reply TEXT, tls TEXT, PRIMARY KEY(message, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipient_by_address ON recipient(address_key);
CREATE INDEX IF NOT EXISTS recipient_by_domain ON recipient(
  substr(address_key, length(rtrim(address_key, replace(address_key, '@', '')))));
CREATE TABLE IF NOT EXISTS queue(
  queue_id TEXT, message INTEGER REFERENCES message ON DELETE CASCADE, open INTEGER,
  PRIMARY KEY(queue_id, message)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS queue_by_message ON queue(message);
CREATE TABLE IF NOT EXISTS event(
  number INTEGER PRIMARY KEY, message INTEGER REFERENCES message ON DELETE CASCADE, time INTEGER,
  last INTEGER, times INTEGER, kind TEXT, text TEXT, recipient TEXT, service TEXT, relay TEXT, result TEXT,
  tls TEXT);
CREATE INDEX IF NOT EXISTS event_by_message ON event(message);
CREATE TABLE IF NOT EXISTS sealed(
  seal TEXT, message INTEGER REFERENCES message ON DELETE CASCADE, PRIMARY KEY(seal, message)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sealed_by_message ON sealed(message);
CREATE TABLE IF NOT EXISTS sealing(one INTEGER PRIMARY KEY CHECK(one = 1), since INTEGER);
INSERT OR IGNORE INTO sealing SELECT 1, coalesce(max(id), 0) + 1 FROM message;
CREATE TABLE IF NOT EXISTS archived(
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, record TEXT);
CREATE TABLE IF NOT EXISTS refusal(
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, temporary INTEGER, reason TEXT);
CREATE TABLE IF NOT EXISTS gap(began INTEGER, ended INTEGER, lost INTEGER, reason TEXT);
CREATE TABLE IF NOT EXISTS deletion(time INTEGER);
CREATE TABLE IF NOT EXISTS tls(
  process TEXT PRIMARY KEY, peer TEXT, tls TEXT, queue_id TEXT, time INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_place(
  one INTEGER PRIMARY KEY CHECK(one = 1), device INTEGER, inode INTEGER, offset INTEGER, line_length INTEGER,
  line_hash INTEGER, cursor TEXT);
CREATE TABLE IF NOT EXISTS run(one INTEGER PRIMARY KEY CHECK(one = 1), since INTEGER, clean INTEGER);
CREATE TABLE IF NOT EXISTS untold(
  queue_id TEXT PRIMARY KEY, sender TEXT, message_id TEXT, size INTEGER, time INTEGER, message INTEGER)
  WITHOUT ROWID;
)";

/// The answer that the client got stands in the event.
constexpr const char* kOwnStatusesOfWhatWasRefused = R"(
UPDATE recipient SET status = 'Deferred' WHERE status = 'Failed' AND EXISTS (
  SELECT 1 FROM event e WHERE e.message = recipient.message AND
  (e.kind = 'REPLY' OR e.kind = 'REFUSE') AND e.text GLOB '4*');
UPDATE recipient SET status = 'Rejected' WHERE status = 'Failed' AND EXISTS (
  SELECT 1 FROM event e WHERE e.message = recipient.message AND
  (e.kind = 'REPLY' OR e.kind = 'REFUSE') AND e.text GLOB '5*');
)";

}  // namespace

const sqlite::Schema& trace_schema() {
  static const sqlite::Schema schema{kTraceVersion, kTables, {kOwnStatusesOfWhatWasRefused}};
  return schema;
}

}  // namespace pams::milter::trace
