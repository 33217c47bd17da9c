#include "milter/trace/trace_query.hpp"

#include "milter/trace/text_limits.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

Instant instant_of(std::int64_t milliseconds) { return Instant(std::chrono::milliseconds(milliseconds)); }

constexpr std::string_view kRows =
    "SELECT m.id, m.received, m.message_id, m.queue_id, m.sender, r.address, m.subject, r.status, m.class, "
    "m.route, r.reply, r.tls, m.size, m.client FROM message m JOIN recipient r ON r.message = m.id";

Row read_row(const sqlite::Row& row) {
  Row found;
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

/// The WHERE of a filter, with its values. Text is kept here because values are views of it.
class Where {
 public:
  explicit Where(const Filter& filter) {
    text("m.sender_key = ?", search_key_or_nothing(filter.sender));
    text("r.address_key = ?", search_key_or_nothing(filter.recipient));
    text("m.message_id IN (?, '<' || ?1 || '>')", utf8_cut(filter.message_id, kMostMessageId));
    text("m.id IN (SELECT message FROM queue WHERE queue_id = ?)", filter.queue_id);
    text("instr(m.subject_key, ?) > 0", search_key_or_nothing(filter.subject));
    if (filter.status) text("r.status = ?", std::string(to_string(*filter.status)));
    if (filter.since) number("m.received >= ?", filter.since->time_since_epoch().count());
    if (filter.until) number("m.received < ?", filter.until->time_since_epoch().count());
  }
  const std::string& sql() const { return sql_; }
  std::vector<sqlite::In> values() const {
    std::vector<sqlite::In> all;
    for (const auto& one : values_) {
      if (const auto* text = std::get_if<std::string>(&one))
        all.emplace_back(std::string_view(*text));
      else
        all.emplace_back(std::get<std::int64_t>(one));
    }
    return all;
  }

 private:
  static std::string search_key_or_nothing(const std::string& text) {
    return text.empty() ? "" : search_key(text);
  }
  void text(std::string_view condition, std::string value) {
    if (!value.empty()) add(condition, std::move(value));
  }
  void number(std::string_view condition, std::int64_t value) { add(condition, value); }
  void add(std::string_view condition, std::variant<std::string, std::int64_t> value) {
    values_.push_back(std::move(value));
    const auto place = "?" + std::to_string(values_.size());
    auto numbered = text::replace_all(text::replace_all(condition, "?1", "?"), "?", place);
    sql_.append(sql_.empty() ? " WHERE " : " AND ").append(numbered);
  }

  std::string sql_;
  std::vector<std::variant<std::string, std::int64_t>> values_;
};

/// "127.0.0.1:25" of "127.0.0.1[127.0.0.1]:25".
std::string host_and_port(std::string_view relay) {
  const auto open = relay.find('[');
  const auto close = relay.rfind(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::string(relay);
  return std::string(relay.substr(0, open)) + std::string(relay.substr(close + 1));
}

bool is_smart_host(const Route& route, std::string_view relay) {
  const auto reached = host_and_port(relay);
  for (std::string_view host : route.smart_hosts) {
    if (text::istarts_with(host, "ipv6:")) host.remove_prefix(5);
    if (text::iequals(host, reached)) return true;
  }
  return false;
}

/// "pams" of "postfix/pams/smtp"; a service without a name of its own is called like its program.
std::string_view transport_of(std::string_view service) {
  const auto parts = text::split(service, '/');
  return parts.size() > 2 ? parts[parts.size() - 2] : parts.back();
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
          row.text(9)};
}

}  // namespace

std::string why_leak(const Route& route, const ToldEvent& attempt) {
  if (attempt.service.empty() || attempt.relay.empty() || attempt.relay == "none") return "";
  if (transport_of(attempt.service) != route.transport)
    return attempt.service + " had it for " + attempt.relay + " (" + attempt.result + ")";
  if (!is_smart_host(route, attempt.relay))
    return attempt.relay + " is no smart host of its connector (" + attempt.result + ")";
  if (attempt.result == "sent" && !attempt.tls.empty() && !attempt.tls.starts_with("Verified "))
    return "sent over TLS that was not verified (" + attempt.tls + ")";
  return "";
}

Result<TraceQuery> TraceQuery::open(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Access::ReadOnly, sqlite::Durability::Normal);
  if (!database) return tl::unexpected(database.error());
  const auto is_made = database->number("SELECT 1 FROM sqlite_master WHERE name = 'gap'");
  if (!is_made) return tl::unexpected(is_made.error());
  if (!*is_made) return fail(Failure::Temporary, path + ": the milter is just making it");
  return TraceQuery(std::move(*database));
}

Result<std::vector<Row>> TraceQuery::find(const Filter& filter) {
  std::vector<Row> rows;
  const Where where(filter);
  auto values = where.values();
  values.emplace_back(static_cast<std::int64_t>(filter.limit));
  const auto sql = std::string(kRows) + where.sql() + " ORDER BY m.id DESC, r.number LIMIT ?" +
                   std::to_string(values.size());
  const auto done = database_.query_with(sql, values, [&](const sqlite::Row& row) {
    rows.push_back(read_row(row));
    return true;
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

Result<std::optional<Story>> TraceQuery::story(std::string_view id) {
  const auto number = id_of(id);
  if (!number) return std::nullopt;
  Story story;
  auto done = database_.query(
      std::string(kRows) + " WHERE m.id = ? ORDER BY r.number",
      [&](const sqlite::Row& row) {
        story.rows.push_back(read_row(row));
        return true;
      },
      *number);
  if (done)
    done = database_.query(
        "SELECT time, last, times, kind, text, recipient, service, relay, result, tls FROM event WHERE "
        "message "
        "= ? ORDER BY number",
        [&](const sqlite::Row& row) {
          story.events.push_back(read_event(row));
          return true;
        },
        *number);
  if (!done) return tl::unexpected(done.error());
  if (story.rows.empty()) return std::nullopt;
  return story;
}

Result<std::vector<Leak>> TraceQuery::leaks() {
  std::vector<Leak> leaks;
  const auto done = database_.query(
      "SELECT e.time, e.last, e.times, e.kind, e.text, e.recipient, e.service, e.relay, e.result, e.tls, "
      "m.id, "
      "m.queue_id, m.sender, m.route, m.transport, m.smart_hosts FROM message m JOIN event e ON e.message = "
      "m.id WHERE m.class = 'flagged' AND e.service <> '' AND e.relay NOT IN ('', 'none') ORDER BY e.number",
      [&](const sqlite::Row& row) {
        const auto attempt = read_event(row);
        Route route{row.text(13), row.text(14), {}};
        const auto hosts = row.text(15);
        for (const auto host : text::split(hosts, ' ')) route.smart_hosts.emplace_back(host);
        if (auto why = why_leak(route, attempt); !why.empty())
          leaks.push_back({shown_id(row.number(10)), row.text(11), row.text(12), attempt.recipient,
                           std::move(why), attempt.time});
        return true;
      });
  if (!done) return tl::unexpected(done.error());
  return leaks;
}

}  // namespace pams::milter::trace
