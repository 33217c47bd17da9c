#include "milter/trace/untold.hpp"

#include <algorithm>
#include <array>

#include "milter/trace/trace_store.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::trace {
namespace {

/// With these words the guard rules' action begins, and began before (routing::kGuardAction).
constexpr std::array<std::string_view, 2> kGuardWords{"not sealed by pams-milter",
                                                      "pams-milter did not process"};

bool are_guard_words(std::string_view text) {
  return std::ranges::any_of(kGuardWords, [&](std::string_view words) { return text.starts_with(words); });
}

std::int64_t time_of(const LogEntry& entry) { return entry.time.time_since_epoch().count(); }

struct Known {
  std::string sender, message_id;
  std::int64_t size = 0;
  Instant time;
  std::optional<std::int64_t> message;
};

Result<std::optional<Known>> known_of(sqlite::Database& database, std::string_view queue_id) {
  std::optional<Known> known;
  const auto done = database.query(
      "SELECT sender, message_id, size, time, message FROM untold WHERE queue_id = ?",
      [&](const sqlite::Row& row) {
        known = {row.text(0), row.text(1), row.number(2), Instant(std::chrono::milliseconds(row.number(3))),
                 std::nullopt};
        if (!row.is_null(4)) known->message = row.number(4);
        return false;
      },
      queue_id);
  if (!done) return tl::unexpected(done.error());
  return known;
}

}  // namespace

bool is_kept_by_guard(const LogEntry& entry, const Attempt& attempt) {
  const auto service = program_of(entry.service);
  return (service == "retry" || service == "error") && attempt.relay == "none" &&
         are_guard_words(attempt.reply);
}

Status Untold::remember(const LogEntry& entry, const MessageIdSeen& seen) {
  // Queue ids are used again: what is left of a former message does not hold. What is on hold already is this
  // one.
  auto done = database_.run(
      "INSERT INTO untold VALUES(?1,'',?2,0,?3,NULL) ON CONFLICT(queue_id) DO UPDATE SET message_id = ?2, sender = iif(message IS NULL, '', sender), time = iif(message IS NULL, ?3, time)",
      seen.queue_id, seen.message_id, time_of(entry));
  if (!done) return done;
  return database_.run(
      "UPDATE message SET message_id = ? WHERE id = (SELECT message FROM untold WHERE queue_id = ?) AND message_id = ''",
      seen.message_id, seen.queue_id);
}

Status Untold::remember(const LogEntry& entry, const Queue& active) {
  return database_.run(
      "INSERT INTO untold VALUES(?1,?2,'',?3,?4,NULL) ON CONFLICT(queue_id) DO UPDATE SET sender = ?2, size = ?3",
      active.queue_id, active.sender, active.size, time_of(entry));
}

Result<std::int64_t> Untold::tell(const LogEntry& entry, std::string_view queue_id,
                                  std::string_view message_class, std::string_view note) {
  const auto found = known_of(database_, queue_id);
  if (!found) return tl::unexpected(found.error());
  const auto known = found->value_or(Known{"", "", 0, entry.time, std::nullopt});
  const auto last = database_.number("SELECT max(id) FROM message");
  if (!last) return tl::unexpected(last.error());
  const auto id = std::max(first_id_of(known.time), last->value_or(0) + 1);
  const auto received = known.time.time_since_epoch().count();
  auto done =
      database_.run("INSERT INTO message VALUES(?,?,?,?,?,?,'','',?,'','','',?,'')", id, received, queue_id,
                    known.message_id, known.sender, address_key(known.sender), message_class, known.size);
  if (done)
    done = database_.run("INSERT INTO event VALUES(NULL,?,?,?,1,?,?,'','','','','')", id, received, received,
                         to_string(EventKind::Note), note);
  if (done) done = database_.run("INSERT OR REPLACE INTO queue VALUES(?,?,1)", queue_id, id);
  if (done)
    done = database_.run(
        "INSERT INTO untold VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(queue_id) DO UPDATE SET message = ?6",
        queue_id, known.sender, known.message_id, known.size, received, id);
  if (!done) return tl::unexpected(done.error());
  return id;
}

Status Untold::tell_held(const LogEntry& entry, const Queue& held) {
  const bool is_guard = are_guard_words(held.text);
  const auto id =
      tell(entry, held.queue_id, is_guard ? "flagged" : kUnseenClass,
           "put on hold by a rule of Postfix before a milter could see it; no milter has told of it since");
  if (!id) return tl::unexpected(id.error());
  auto done = database_.run("UPDATE message SET sender = ?, sender_key = ? WHERE id = ?", held.sender,
                            address_key(held.sender), *id);
  if (done)
    done = database_.run("INSERT INTO recipient VALUES(?,0,?,?,'',?,?,'')", *id, held.recipient,
                         address_key(held.recipient), to_string(DeliveryStatus::Quarantined), held.text);
  if (!done) return done;
  return database_.run("INSERT INTO event VALUES(NULL,?,?,?,1,?,?,'',?,'','','')", *id, time_of(entry),
                       time_of(entry), to_string(EventKind::Hold), held.text, entry.service);
}

Status Untold::take_over(std::string_view queue_id, std::int64_t message) {
  const auto known = known_of(database_, queue_id);
  if (!known) return tl::unexpected(known.error());
  Status done;
  if (*known && (*known)->message) {
    const auto former = *(*known)->message;
    done = database_.run(
        "UPDATE recipient SET status = 'Quarantined' WHERE message = ? AND status = 'Pending' AND EXISTS (SELECT 1 FROM event WHERE message = ? AND kind = 'HOLD')",
        message, former);
    if (done)
      done = database_.run(
          "INSERT INTO event SELECT NULL, ?, time, last, times, kind, text, recipient, service, relay, result, tls FROM event WHERE message = ? AND kind = 'HOLD'",
          message, former);
    if (done) done = database_.run("DELETE FROM message WHERE id = ?", former);
  }
  return done && *known ? forget(queue_id) : done;
}

Status Untold::forget(std::string_view queue_id) {
  return database_.run("DELETE FROM untold WHERE queue_id = ?", queue_id);
}

Status Untold::forget_before(Instant limit) {
  return database_.run("DELETE FROM untold WHERE time < ?", limit.time_since_epoch().count());
}

}  // namespace pams::milter::trace
