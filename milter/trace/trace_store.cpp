#include "milter/trace/trace_store.hpp"

#include <algorithm>

#include "milter/trace/log_join.hpp"
#include "milter/trace/trace_schema.hpp"
#include "milter/trace/untold.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::trace {
namespace {

std::int64_t milliseconds_of(Instant instant) { return instant.time_since_epoch().count(); }
Instant instant_of(std::int64_t milliseconds) { return Instant(std::chrono::milliseconds(milliseconds)); }

/// A process tells of its next delivery within its lifetime; ids of processes come again.
constexpr std::chrono::hours kTlsIsForgottenAfter(24);

/// A milter tells of a message within the time that its client may take to send it.
constexpr std::chrono::hours kUntoldIsForgottenAfter(24);

/// What is in Postfix's queue is tried again at least every 4,000 seconds (maximal_backoff_time).
constexpr std::chrono::hours kDeletedIsSilentFor(6);

}  // namespace

Result<TraceStore> TraceStore::open(const std::string& path, Instant now) {
  auto database = sqlite::Database::open(path, sqlite::Access::ReadWrite, sqlite::Durability::Normal,
                                         std::chrono::seconds(2));
  if (!database) return tl::unexpected(database.error());
  TraceStore store(std::move(*database));
  if (const auto made = make_or_upgrade(store.database_, path, trace_schema()); !made)
    return tl::unexpected(made.error());
  if (const auto begun = store.begin_run(now); !begun) return tl::unexpected(begun.error());
  return store;
}

Status TraceStore::begin_run(Instant now) {
  return database_.transaction([&]() -> Status {
    const auto since = database_.number("SELECT since FROM run WHERE clean = 0");
    if (!since) return tl::unexpected(since.error());
    if (*since) {
      const auto last = database_.number("SELECT max(received) FROM message");
      if (!last) return tl::unexpected(last.error());
      const auto from = instant_of(std::max(**since, last->value_or(0)));
      if (const auto noted = insert({from, now, std::nullopt, "pams-milter ended without a clean stop"});
          !noted)
        return noted;
    }
    return database_.run("INSERT OR REPLACE INTO run VALUES(1, ?, 0)", milliseconds_of(now));
  });
}

Status TraceStore::close_cleanly() { return database_.run("UPDATE run SET clean = 1"); }

Status TraceStore::write(std::span<const MessageTrace> messages, const std::optional<Gap>& gap) {
  return database_.transaction([&]() -> Status {
    for (const auto& message : messages)
      if (auto inserted = insert(message); !inserted) return inserted;
    return gap ? insert(*gap) : Status{};
  });
}

Result<std::int64_t> TraceStore::next_id(Instant received) {
  const auto last = database_.number("SELECT max(id) FROM message");
  if (!last) return tl::unexpected(last.error());
  return std::max(first_id_of(received), last->value_or(0) + 1);
}

Status TraceStore::insert(const MessageTrace& message) {
  const auto id = next_id(message.received);
  if (!id) return tl::unexpected(id.error());
  const auto route = message.route.value_or(Route{});
  auto done = database_.run(
      "INSERT INTO message VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", *id, milliseconds_of(message.received),
      message.queue_id, message.message_id, message.sender, address_key(message.sender), message.subject,
      search_key(message.subject), message.message_class, route.connector, route.transport,
      text::join(route.smart_hosts, " "), message.size, message.client);
  std::int64_t number = 0;
  for (const auto& recipient : message.recipients)
    if (done)
      done = database_.run("INSERT INTO recipient VALUES(?,?,?,?,'',?,?,'')", *id, number++, recipient,
                           address_key(recipient), to_string(message.status), message.reply);
  for (const auto& event : message.events)
    if (done)
      done = database_.run("INSERT INTO event VALUES(NULL,?,?,?,1,?,?,'','','','','')", *id,
                           milliseconds_of(message.received), milliseconds_of(message.received),
                           to_string(event.kind), event.text);
  if (done && !message.seal.empty())
    done = database_.run("INSERT INTO sealed VALUES(?,?)", message.seal, *id);
  if (done && !message.archive_record.empty())
    done = database_.run("INSERT INTO archived VALUES(?,?)", *id, message.archive_record);
  if (!done || message.queue_id.empty()) return done;
  if (done = Untold(database_).take_over(message.queue_id, *id); !done) return done;
  done = database_.run("UPDATE queue SET open = 0 WHERE queue_id = ?", message.queue_id);
  if (!done) return done;
  // A message that was not accepted has no file in the queue; its id soon belongs to another one.
  const bool is_queued =
      message.status == DeliveryStatus::Pending || message.status == DeliveryStatus::Quarantined;
  return database_.run("INSERT INTO queue VALUES(?,?,?)", message.queue_id, *id, is_queued ? 1 : 0);
}

Status TraceStore::insert(const Gap& gap) {
  if (!gap.lost)
    return database_.run("INSERT INTO gap VALUES(?,?,NULL,?)", milliseconds_of(gap.from),
                         milliseconds_of(gap.until), gap.reason);
  return database_.run("INSERT INTO gap VALUES(?,?,?,?)", milliseconds_of(gap.from),
                       milliseconds_of(gap.until), *gap.lost, gap.reason);
}

Status TraceStore::join(const LogBatch& batch, Instant now) {
  return database_.transaction([&]() -> Status {
    LogJoin join(database_);
    for (const auto& entry : batch.entries)
      if (auto joined = join.join(entry); !joined) return joined;
    if (!batch.missed.empty())
      if (auto noted = insert({now, now, std::nullopt, batch.missed}); !noted) return noted;
    auto done = database_.run("DELETE FROM tls WHERE time < ?", milliseconds_of(now - kTlsIsForgottenAfter));
    if (done) done = Untold(database_).forget_before(now - kUntoldIsForgottenAfter);
    if (!done) return done;
    const auto& place = batch.place;
    return database_.run("INSERT OR REPLACE INTO log_place VALUES(1,?,?,?,?,?,?)", place.device, place.inode,
                         place.offset, place.line_length, place.line_hash, place.cursor);
  });
}

Status TraceStore::settle_deleted(Instant now) {
  const auto limit = milliseconds_of(now - kDeletedIsSilentFor);
  const auto settled = database_.number("SELECT time FROM deletion WHERE time < ? ORDER BY time DESC", limit);
  if (!settled) return tl::unexpected(settled.error());
  if (!*settled) return {};
  return database_.transaction([&]() -> Status {
    const auto done = database_.run(
        "UPDATE recipient SET status = 'Failed', reply = ? || CASE WHEN reply = '' THEN '' ELSE '; last: ' END || reply WHERE status = 'Pending' AND message IN (SELECT q.message FROM queue q JOIN message m "
        "ON m.id = q.message WHERE q.open = 1 AND m.received < ?2) AND NOT EXISTS (SELECT 1 FROM event e WHERE e.message = recipient.message AND e.last > ?2)",
        "probably deleted from the queue by the administrator: the log tells of deletions and no more of it",
        **settled);
    return done ? database_.run("DELETE FROM deletion WHERE time <= ?", **settled) : done;
  });
}

Result<std::optional<LogPlace>> TraceStore::log_place() {
  std::optional<LogPlace> place;
  const auto read =
      database_.query("SELECT device, inode, offset, line_length, line_hash, cursor FROM log_place",
                      [&](const sqlite::Row& row) {
                        const auto unsigned_number = [&](int column) {
                          return static_cast<std::uint64_t>(row.number(column));
                        };
                        place = {unsigned_number(0), unsigned_number(1), unsigned_number(2),
                                 unsigned_number(3), unsigned_number(4), row.text(5)};
                        return false;
                      });
  if (!read) return tl::unexpected(read.error());
  return place;
}

Result<std::vector<Refusal>> TraceStore::refusals(std::size_t max_messages) {
  std::vector<Refusal> refusals;
  const auto read = database_.query(
      "SELECT r.message, m.queue_id, a.record, r.temporary, r.reason FROM refusal r JOIN archived a ON a.message = r.message JOIN message m ON m.id = r.message ORDER BY r.message LIMIT ?",
      [&](const sqlite::Row& row) {
        refusals.push_back({row.number(0), row.text(1), row.text(2), row.number(3) != 0, row.text(4)});
        return true;
      },
      max_messages);
  if (!read) return tl::unexpected(read.error());
  return refusals;
}

Status TraceStore::settle(const Refusal& refusal) {
  return database_.run("DELETE FROM refusal WHERE message = ?", refusal.message);
}

Result<std::size_t> TraceStore::forget_before(Instant limit, std::size_t max_messages) {
  std::size_t gone = 0;
  const auto done = database_.transaction([&]() -> Status {
    auto deleted = database_.run(
        "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE id < ? ORDER BY id LIMIT ?)",
        first_id_of(limit), max_messages);
    if (!deleted) return deleted;
    gone = static_cast<std::size_t>(database_.changes());
    return database_.run("DELETE FROM gap WHERE ended < ?", milliseconds_of(limit));
  });
  if (!done) return tl::unexpected(done.error());
  return gone;
}

}  // namespace pams::milter::trace
