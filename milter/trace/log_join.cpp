#include "milter/trace/log_join.hpp"

#include "milter/trace/text_limits.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::trace {
namespace {

/// local(8) gave the message to what its alias stands for, under this queue id.
std::string_view forwarded_as(const Attempt& attempt) {
  constexpr std::string_view kForwarded = "forwarded as ";
  const std::string_view reply = attempt.reply;
  if (attempt.relay != "local" || !reply.starts_with(kForwarded)) return "";
  const auto queue_id = reply.substr(kForwarded.size());
  return is_queue_id(queue_id) ? queue_id : "";
}

struct Meaning {
  EventKind kind;
  DeliveryStatus status;
};

/// Nothing for what is no delivery (address verification probes).
std::optional<Meaning> meaning_of(const LogEntry& entry, const Attempt& attempt) {
  if (!forwarded_as(attempt).empty()) return Meaning{EventKind::Expand, DeliveryStatus::Expanded};
  if (attempt.result == "sent")
    return Meaning{program_of(entry.service) == "smtp" ? EventKind::Send : EventKind::Deliver,
                   DeliveryStatus::Delivered};
  if (attempt.result == "deferred" || attempt.result == "SOFTBOUNCE")
    return Meaning{EventKind::Defer, DeliveryStatus::Pending};
  if (attempt.result == "bounced") return Meaning{EventKind::Fail, DeliveryStatus::Failed};
  return std::nullopt;
}

/// What the MTA answered the client.
DeliveryStatus refusal_status(std::string_view reply) {
  return reply.starts_with('4') ? DeliveryStatus::Deferred : DeliveryStatus::Rejected;
}

std::int64_t time_of(const LogEntry& entry) { return entry.time.time_since_epoch().count(); }

std::string process_of(const LogEntry& entry) { return entry.service + "[" + entry.process + "]"; }

}  // namespace

Status LogJoin::join(const LogEntry& entry) {
  const auto fact = read_postfix(entry.service, entry.message);
  if (!fact) return {};
  return std::visit([&](const auto& one) { return join(entry, one); }, *fact);
}

Result<std::optional<std::int64_t>> LogJoin::message_of(std::string_view queue_id) {
  return database_.number("SELECT message FROM queue WHERE queue_id = ? AND open = 1 ORDER BY message DESC",
                          queue_id);
}

/// That of the attempt; a guard rule's is the first that is told of a message that no milter saw.
Result<std::optional<std::int64_t>> LogJoin::message_of(const LogEntry& entry, const Attempt& attempt) {
  auto known = message_of(attempt.queue_id);
  if (!known || *known || !is_kept_by_guard(entry, attempt)) return known;
  return untold_
      .tell(
          entry, attempt.queue_id, "flagged",
          "no milter saw it: the guard rules keep it; `pamsctl queue release` brings it back through the milter")
      .map([](std::int64_t message) { return std::optional(message); });
}

Status LogJoin::join(const LogEntry& entry, const MessageIdSeen& seen) {
  return untold_.remember(entry, seen);
}

Status LogJoin::join(const LogEntry& entry, const TlsEstablished& tls) {
  return database_.run("INSERT OR REPLACE INTO tls VALUES(?,?,?,'',?)", process_of(entry), tls.peer,
                       tls.level + " " + tls.protocol, time_of(entry));
}

/// A connection serves the message whose delivery is told next, and all of its recipients there; what
/// the process sends afterwards has a connection of its own, and TLS only when the log says so again.
Result<std::string> LogJoin::tls_of(const LogEntry& entry, const Attempt& attempt) {
  std::string peer, tls, queue_id;
  const auto found = database_.query(
      "SELECT peer, tls, queue_id FROM tls WHERE process = ?",
      [&](const sqlite::Row& row) {
        peer = row.text(0);
        tls = row.text(1);
        queue_id = row.text(2);
        return false;
      },
      process_of(entry));
  if (!found) return tl::unexpected(found.error());
  if (tls.empty() || (peer != attempt.relay && queue_id.empty())) return "";
  const bool is_other_message = !queue_id.empty() && queue_id != attempt.queue_id;
  const auto done = is_other_message ? database_.run("DELETE FROM tls WHERE process = ?", process_of(entry))
                                     : database_.run("UPDATE tls SET queue_id = ? WHERE process = ?",
                                                     attempt.queue_id, process_of(entry));
  if (!done) return tl::unexpected(done.error());
  return is_other_message || peer != attempt.relay ? "" : tls;
}

Status LogJoin::join(const LogEntry& entry, const Attempt& attempt) {
  const auto tls = tls_of(entry, attempt);
  if (!tls) return tl::unexpected(tls.error());
  const auto message = message_of(entry, attempt);
  if (!message) return tl::unexpected(message.error());
  const auto meaning = meaning_of(entry, attempt);
  if (!*message || !meaning) return {};
  auto done = expand(**message, entry, attempt);
  if (done) done = set_result(**message, entry, attempt, *tls);
  if (!done) return done;
  const auto kind = kind_of(**message, entry, meaning->kind);
  if (!kind) return tl::unexpected(kind.error());
  return add_event(**message, entry,
                   {*kind, attempt.reply, attempt.recipient, attempt.relay, attempt.result, *tls});
}

/// lmtp(8) sends a carrier on to the relay, and delivers anything else.
Result<EventKind> LogJoin::kind_of(std::int64_t message, const LogEntry& entry, EventKind meant) {
  if (meant != EventKind::Deliver || program_of(entry.service) != "lmtp") return meant;
  const auto is_carrier = database_.number(
      "SELECT 1 FROM message m JOIN sealed s ON s.message = m.id WHERE m.id = ? AND m.transport = ?", message,
      transport_of(entry.service));
  if (!is_carrier) return tl::unexpected(is_carrier.error());
  return *is_carrier ? EventKind::Send : meant;
}

Result<bool> LogJoin::has_recipient(std::int64_t message, std::string_view address) {
  const auto found = database_.number("SELECT 1 FROM recipient WHERE message = ? AND address_key = ?",
                                      message, address_key(address));
  if (!found) return tl::unexpected(found.error());
  return found->has_value();
}

/// An address that SMTP did not name gets a row of its own; the one it came from becomes Expanded.
Status LogJoin::expand(std::int64_t message, const LogEntry& entry, const Attempt& attempt) {
  const auto& original = attempt.original_recipient;
  const auto known = has_recipient(message, attempt.recipient);
  if (!known) return tl::unexpected(known.error());
  Status done;
  if (!*known)
    done = database_.run(
        "INSERT INTO recipient SELECT ?, coalesce(max(number), -1) + 1, ?, ?, ?, 'Pending', '', '' FROM recipient WHERE message = ?",
        message, attempt.recipient, address_key(attempt.recipient), original, message);
  if (!done || original.empty() || address_key(original) == address_key(attempt.recipient)) return done;
  done = database_.run(
      "UPDATE recipient SET status = 'Expanded', reply = '' WHERE message = ? AND address_key = ? AND status IN ('Pending', 'Quarantined')",
      message, address_key(original));
  if (!done || *known) return done;
  return add_event(message, entry, {EventKind::Expand, attempt.recipient, original, "", "", ""});
}

Status LogJoin::set_result(std::int64_t message, const LogEntry& entry, const Attempt& attempt,
                           std::string_view tls) {
  const auto key = address_key(attempt.recipient);
  auto done = database_.run(
      "UPDATE recipient SET status = ?, reply = ?, tls = ? WHERE message = ? AND address_key = ? AND status <> 'Delivered'",
      to_string(meaning_of(entry, attempt)->status), attempt.reply, tls, message, key);
  const auto queue_id = forwarded_as(attempt);
  if (!done || queue_id.empty()) return done;
  return database_.run("INSERT OR REPLACE INTO queue VALUES(?,?,1)", queue_id, message);
}

Status LogJoin::join(const LogEntry& entry, const Requeued& requeued) {
  const auto message = message_of(requeued.old_queue_id);
  if (!message) return tl::unexpected(message.error());
  auto done = close(requeued.queue_id);  // whoever had that id before
  if (!done || !*message) return done;
  if (done = close(requeued.old_queue_id); !done) return done;
  done = database_.run("INSERT OR REPLACE INTO queue VALUES(?,?,1)", requeued.queue_id, **message);
  if (!done) return done;
  const auto text = requeued.old_queue_id + " is now " + requeued.queue_id;
  return add_event(**message, entry, {EventKind::Requeue, text, "", "", "", ""});
}

Status LogJoin::join(const LogEntry& entry, const SomeDeleted&) {
  return database_.run("INSERT INTO deletion VALUES(?)", time_of(entry));
}

Status LogJoin::join(const LogEntry& entry, const Queue& queue) {
  if (queue.change == QueueChange::Active) {  // a new attempt, with new connections
    if (auto done = database_.run("DELETE FROM tls WHERE queue_id = ?", queue.queue_id); !done) return done;
  }
  const auto message = message_of(queue.queue_id);
  if (!message) return tl::unexpected(message.error());
  return *message ? join_known(entry, queue, **message) : join_unknown(entry, queue);
}

Status LogJoin::join_unknown(const LogEntry& entry, const Queue& queue) {
  if (queue.change == QueueChange::Active) return untold_.remember(entry, queue);
  if (queue.change == QueueChange::HeldUnseen) return untold_.tell_held(entry, queue);
  return queue.change == QueueChange::Removed ? untold_.forget(queue.queue_id) : Status{};
}

Status LogJoin::join_known(const LogEntry& entry, const Queue& queue, std::int64_t message) {
  const auto change = [&](std::string_view from, DeliveryStatus to, EventKind kind) {
    auto done = change_status(message, from, to, queue.text);
    if (!done || database_.changes() == 0) return done;
    return add_event(message, entry, {kind, queue.text, "", "", "", ""});
  };
  switch (queue.change) {
    case QueueChange::Active:
    case QueueChange::Released:
      return change("Quarantined", DeliveryStatus::Pending, EventKind::Release);
    case QueueChange::Held:
    case QueueChange::HeldUnseen:  // what is requeued passes header_checks again
      if (auto done = change_status(message, "Pending", DeliveryStatus::Quarantined, queue.text); !done)
        return done;
      return add_event(message, entry, {EventKind::Hold, queue.text, "", "", "", ""});
    case QueueChange::Removed: {
      auto done = close(queue.queue_id);
      if (done) done = untold_.forget(queue.queue_id);
      return done ? settle(message) : done;
    }
    case QueueChange::Expired:
      return change("Pending", DeliveryStatus::Failed, EventKind::Fail);
    case QueueChange::Deleted:
    case QueueChange::Refused:
    case QueueChange::Discarded: {
      const bool refused = queue.change == QueueChange::Refused;
      const auto kind = refused ? EventKind::Refuse : EventKind::Fail;
      const auto status = refused ? refusal_status(queue.text) : DeliveryStatus::Failed;
      auto done = change("Quarantined", status, kind);
      if (done) done = change("Pending", status, kind);
      if (done && queue.change != QueueChange::Deleted) done = note_refusal(message, queue);
      return done ? close(queue.queue_id) : done;
    }
    case QueueChange::Notified:
      return add_event(message, entry, {EventKind::Notice, queue.text, "", "", "", ""});
  }
  return {};
}

/// For the archive, which holds it as accepted.
Status LogJoin::note_refusal(std::int64_t message, const Queue& queue) {
  const bool is_temporary = queue.change == QueueChange::Refused && queue.text.starts_with('4');
  const auto reason = queue.change == QueueChange::Discarded ? "discarded: " + queue.text : queue.text;
  return database_.run("INSERT OR IGNORE INTO refusal SELECT message, ?, ? FROM archived WHERE message = ?",
                       is_temporary ? 1 : 0, reason, message);
}

/// The last reply stays visible after the new one.
Status LogJoin::change_status(std::int64_t message, std::string_view from, DeliveryStatus to,
                              std::string_view reply) {
  return database_.run(
      "UPDATE recipient SET status = ?, reply = ? || CASE WHEN ? <> '' AND reply <> '' THEN '; last: ' ELSE '' END || reply WHERE message = ? AND status = ?",
      to_string(to), reply, reply, message, from);
}

Status LogJoin::close(std::string_view queue_id) {
  return database_.run("UPDATE queue SET open = 0 WHERE queue_id = ?", queue_id);
}

/// Nothing of the message is left in the queue. A recipient of whom the log told nothing stood for others who
/// had the message already (Postfix delivers once to each); without such, lines are missing.
Status LogJoin::settle(std::int64_t message) {
  const auto still_open = database_.number("SELECT 1 FROM queue WHERE message = ? AND open = 1", message);
  if (!still_open) return tl::unexpected(still_open.error());
  if (*still_open) return {};
  const auto expanded =
      database_.number("SELECT 1 FROM recipient WHERE message = ? AND expanded_from <> ''", message);
  if (!expanded) return tl::unexpected(expanded.error());
  if (*expanded)
    return database_.run(
        "UPDATE recipient SET status = 'Expanded' WHERE message = ? AND status = 'Pending' AND reply = ''",
        message);
  return database_.run(
      "UPDATE recipient SET reply = 'no longer in the queue; the log does not tell why' WHERE message = ? AND status = 'Pending' AND reply = ''",
      message);
}

/// The hundredth "connection refused" is counted, not told again.
Result<bool> LogJoin::counted_again(std::int64_t message, const LogEntry& entry, const Row& row) {
  if (row.kind != EventKind::Defer) return false;
  const auto done = database_.run(
      "UPDATE event SET times = times + 1, last = ? WHERE number = (SELECT max(number) FROM event WHERE message = ? AND recipient = ?) AND kind = 'DEFER' AND service = ? AND relay = ? AND text = ? AND tls = ?",
      time_of(entry), message, row.recipient, entry.service, row.relay, row.text, row.tls);
  if (!done) return tl::unexpected(done.error());
  return database_.changes() > 0;
}

Status LogJoin::add_event(std::int64_t message, const LogEntry& entry, const Row& row) {
  const auto counted = counted_again(message, entry, row);
  if (!counted) return tl::unexpected(counted.error());
  if (*counted) return {};
  return database_.run("INSERT INTO event VALUES(NULL,?,?,?,1,?,?,?,?,?,?,?)", message, time_of(entry),
                       time_of(entry), to_string(row.kind), row.text, row.recipient, entry.service, row.relay,
                       row.result, row.tls);
}

}  // namespace pams::milter::trace
