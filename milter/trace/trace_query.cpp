#include "milter/trace/trace_query.hpp"

#include "milter/trace/event_order.hpp"
#include "milter/trace/trace_filter.hpp"
#include "milter/trace/trace_schema.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

Instant instant_of(std::int64_t milliseconds) { return Instant(std::chrono::milliseconds(milliseconds)); }

constexpr std::string_view kRows =
    "SELECT m.id, m.received, m.message_id, m.queue_id, m.sender, r.address, m.subject, r.status, m.class, m.route, r.reply, r.tls, m.size, m.client, r.expanded_from FROM message m JOIN recipient r ON r.message = m.id";

constexpr int kExpandedFrom = 14;  ///< its column

StatusRow read_row(const sqlite::Row& row) {
  StatusRow found;
  found.id = shown_id(row.number(0));
  found.received = instant_of(row.number(1));
  std::string* const texts[] = {&found.message_id, &found.queue_id, &found.sender,        &found.recipient,
                                &found.subject,    &found.status,   &found.message_class, &found.route,
                                &found.reply,      &found.tls};
  int column = 2;
  for (auto* text : texts) *text = row.text(column++);
  found.size = static_cast<std::uint64_t>(row.number(column));
  found.client = row.text(column + 1);
  return found;
}

ToldEvent read_event(const sqlite::Row& row) {
  return {instant_of(row.number(0)),
          instant_of(row.number(1)),
          static_cast<std::uint64_t>(row.number(2)),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          row.text(7),
          row.text(8),
          row.text(9),
          "",
          "",
          ""};
}

EventKind kind_of(const RelayDelivery& delivery) {
  if (delivery.result == RelayDelivery::Result::Sent) return EventKind::Send;
  return delivery.result == RelayDelivery::Result::Dropped ? EventKind::Drop : EventKind::Fail;
}

ToldEvent event_of(const RelayDelivery& delivery) {
  return {delivery.time,
          delivery.time,
          1,
          std::string(to_string(kind_of(delivery))),
          delivery.reply,
          delivery.recipient,
          "pams-relay",
          shown_relay(delivery),
          std::string(to_string(delivery.result)),
          shown_tls(delivery),
          delivery.address,
          delivery.cipher,
          delivery.certificate};
}

/// A recipient that an alias gave is served by what the seal says of the alias.
void apply(const std::vector<RelayDelivery>& deliveries, const std::string& expanded_from, StatusRow& row) {
  const auto* fate = fate_of(row.recipient, deliveries);
  const bool of_alias =
      !expanded_from.empty() && (fate == nullptr || fate->result == RelayDelivery::Result::Dropped);
  if (of_alias)
    if (const auto* alias = fate_of(expanded_from, deliveries)) fate = alias;
  if (fate == nullptr) return;
  const bool is_sent = fate->result == RelayDelivery::Result::Sent;
  row.status = to_string(is_sent ? DeliveryStatus::Delivered : DeliveryStatus::Failed);
  row.reply = fate->reply;
  row.tls = shown_tls(*fate);
  row.host = fate->host;
}

/// A database that no milter of this version has opened yet knows of no seals.
Status make_tables_of_sealing(sqlite::Database& database) {
  const auto is_made = database.number("SELECT 1 FROM sqlite_master WHERE name = 'sealing'");
  if (!is_made) return tl::unexpected(is_made.error());
  if (*is_made) return {};
  return database.script(
      "CREATE TEMP TABLE sealed(seal TEXT, message INTEGER); CREATE TEMP TABLE sealing(since INTEGER);");
}

}  // namespace

Result<TraceQuery> TraceQuery::open(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Access::ReadOnly, sqlite::Durability::Normal);
  if (!database) return tl::unexpected(database.error());
  if (const auto version = sqlite::readable_version(*database, path, kTraceVersion); !version)
    return tl::unexpected(version.error());
  const auto is_made = database->number("SELECT 1 FROM sqlite_master WHERE name = 'gap'");
  if (!is_made) return tl::unexpected(is_made.error());
  if (!*is_made) return fail(Failure::Temporary, path + ": the milter is just making it");
  if (const auto made = make_tables_of_sealing(*database); !made) return tl::unexpected(made.error());
  auto relay = RelayFacts::open(delivery_log_path(path));
  if (!relay) return tl::unexpected(relay.error());
  return TraceQuery(path, std::move(*database), std::move(*relay));
}

Result<std::vector<std::string>> TraceQuery::seals_of(std::int64_t message) {
  std::vector<std::string> seals;
  const auto done = database_.query(
      "SELECT seal FROM sealed WHERE message = ?",
      [&](const sqlite::Row& row) {
        seals.push_back(row.text(0));
        return true;
      },
      message);
  if (!done) return tl::unexpected(done.error());
  return seals;
}

Result<std::vector<RelayDelivery>> TraceQuery::deliveries_of(const std::vector<std::string>& seals) {
  std::vector<RelayDelivery> all;
  for (const auto& seal : seals) {
    auto deliveries = relay_.of(seal);
    if (!deliveries) return deliveries;
    all.insert(all.end(), deliveries->begin(), deliveries->end());
  }
  return all;
}

Result<std::vector<RelayDelivery>> TraceQuery::deliveries_of(std::int64_t message) {
  const auto seals = seals_of(message);
  if (!seals) return tl::unexpected(seals.error());
  return deliveries_of(*seals);
}

Status TraceQuery::read_rows(const std::string& sql, const std::vector<sqlite::In>& values,
                             const std::function<bool(StatusRow)>& each) {
  Status looked;
  std::optional<std::int64_t> message;
  std::vector<RelayDelivery> deliveries;  // of `message`, whose rows come together
  const auto done = database_.query_with(sql, values, [&](const sqlite::Row& found) {
    if (message != found.number(0)) {
      message = found.number(0);
      auto read = deliveries_of(*message);
      if (!read) looked = tl::unexpected(read.error());
      if (!looked) return false;
      deliveries = std::move(*read);
    }
    auto row = read_row(found);
    apply(deliveries, found.text(kExpandedFrom), row);
    return each(std::move(row));
  });
  return looked ? done : looked;
}

Result<std::vector<StatusRow>> TraceQuery::find(const Filter& filter) {
  std::vector<StatusRow> rows;
  if (filter.limit == 0) return rows;
  const Where where(filter);
  const auto sql = std::string(kRows) + where.sql() + " ORDER BY m.id DESC, r.number";
  const auto done = read_rows(sql, where.values(), [&](StatusRow row) {
    if (!filter.status || row.status == to_string(*filter.status)) rows.push_back(std::move(row));
    return rows.size() < filter.limit;
  });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

Result<std::vector<StatusRow>> TraceQuery::like(std::string_view id, std::size_t max_messages) {
  std::vector<StatusRow> rows;
  const auto ids = ids_like(id);
  if (!ids) return rows;
  const auto done = read_rows(std::string(kRows) + " WHERE m.id BETWEEN ? AND ? ORDER BY m.id, r.number",
                              {ids->first, ids->last}, [&](StatusRow row) {
                                if (rows.empty() || rows.back().id != row.id) rows.push_back(std::move(row));
                                return rows.size() < max_messages;
                              });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

Result<std::vector<Gap>> TraceQuery::gaps(const std::optional<Instant>& since,
                                          const std::optional<Instant>& until) {
  std::vector<Gap> gaps;
  const auto from = since.value_or(Instant::min()).time_since_epoch().count();
  const auto to = until.value_or(Instant::max()).time_since_epoch().count();
  const auto done = database_.query(
      "SELECT began, ended, lost, reason FROM gap WHERE ended >= ? AND began < ? ORDER BY began",
      [&](const sqlite::Row& row) {
        Gap gap{instant_of(row.number(0)), instant_of(row.number(1)), std::nullopt, row.text(3)};
        if (!row.is_null(2)) gap.lost = static_cast<std::uint64_t>(row.number(2));
        gaps.push_back(std::move(gap));
        return true;
      },
      from, to);
  if (!done) return tl::unexpected(done.error());
  return gaps;
}

Result<std::vector<ToldEvent>> TraceQuery::events_of(std::int64_t message) {
  std::vector<ToldEvent> events;
  const auto done = database_.query(
      "SELECT time, last, times, kind, text, recipient, service, relay, result, tls FROM event WHERE message = ? ORDER BY number",
      [&](const sqlite::Row& row) {
        events.push_back(read_event(row));
        return true;
      },
      message);
  if (!done) return tl::unexpected(done.error());
  return events;
}

Result<std::optional<Story>> TraceQuery::story(std::string_view id) {
  const auto number = id_of(id);
  if (!number) return std::nullopt;
  Story story;
  const auto done =
      read_rows(std::string(kRows) + " WHERE m.id = ? ORDER BY r.number", {*number}, [&](StatusRow row) {
        story.rows.push_back(std::move(row));
        return true;
      });
  if (!done) return tl::unexpected(done.error());
  if (story.rows.empty()) return std::nullopt;
  auto events = events_of(*number);
  if (!events) return tl::unexpected(events.error());
  const auto deliveries = deliveries_of(*number);
  if (!deliveries) return tl::unexpected(deliveries.error());
  story.events = std::move(*events);
  for (const auto& delivery : *deliveries) story.events.push_back(event_of(delivery));
  put_in_order(story.events);
  return story;
}

Result<std::optional<MessageFacts>> TraceQuery::facts(std::string_view id) {
  auto story = this->story(id);
  if (!story) return tl::unexpected(story.error());
  if (!*story) return std::nullopt;
  const auto number = id_of(id).value_or(0);
  MessageFacts facts{std::move(**story), {}, {}, "", ""};
  facts.connector = facts.story.rows.front().route;
  auto deliveries = deliveries_of(number);
  if (!deliveries) return tl::unexpected(deliveries.error());
  facts.deliveries = std::move(*deliveries);
  auto done = database_.query(
      "SELECT record FROM archived WHERE message = ?",
      [&](const sqlite::Row& row) {
        facts.archive_record = row.text(0);
        return false;
      },
      number);
  if (done)
    done = database_.query(
        "SELECT queue_id FROM queue WHERE message = ? ORDER BY open, queue_id",
        [&](const sqlite::Row& row) {
          facts.queue_ids.push_back(row.text(0));
          return true;
        },
        number);
  if (!done) return tl::unexpected(done.error());
  return facts;
}

/// The relay is asked after the log, for it writes down what it sent before the MTA can tell.
Status TraceQuery::complete(Watched& watched, std::int64_t message) {
  auto events = events_of(message);
  if (!events) return tl::unexpected(events.error());
  auto seals = seals_of(message);
  if (!seals) return tl::unexpected(seals.error());
  auto deliveries = deliveries_of(*seals);
  if (!deliveries) return tl::unexpected(deliveries.error());
  watched.events = std::move(*events);
  watched.seals = std::move(*seals);
  watched.deliveries = std::move(*deliveries);
  return {};
}

Result<std::vector<Leak>> TraceQuery::leaks() {
  std::vector<Leak> leaks;
  Status completed;
  const auto done = database_.query(
      "SELECT id, queue_id, message_id, subject, sender, route, transport, smart_hosts, id >= (SELECT since FROM sealing), EXISTS(SELECT 1 FROM event WHERE event.message = message.id AND kind = 'RECEIVE') FROM message WHERE class = 'flagged' ORDER BY id",
      [&](const sqlite::Row& row) {
        Watched watched{.id = shown_id(row.number(0)),
                        .queue_id = row.text(1),
                        .message_id = row.text(2),
                        .subject = row.text(3),
                        .sender = row.text(4),
                        .route = {row.text(5), row.text(6), {}},
                        .seals = {},
                        .had_to_be_sealed = row.number(8) != 0,
                        .was_seen_by_milter = row.number(9) != 0,
                        .events = {},
                        .deliveries = {}};
        const auto hosts = row.text(7);
        for (const auto host : text::split(hosts, ' ')) watched.route.smart_hosts.emplace_back(host);
        completed = complete(watched, row.number(0));
        if (!completed) return false;
        for (auto& leak : leaks_of(watched)) leaks.push_back(std::move(leak));
        return true;
      });
  if (!done) return tl::unexpected(done.error());
  if (!completed) return tl::unexpected(completed.error());
  return leaks;
}

}  // namespace pams::milter::trace
