#include "milter/trace/delivery_log.hpp"

#include <filesystem>

#include "milter/base/schema_version.hpp"

namespace pams::milter::trace {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS delivery(
  number INTEGER PRIMARY KEY, seal TEXT, recipient TEXT, time INTEGER, result TEXT, connector TEXT, host TEXT,
  address TEXT, protocol TEXT, cipher TEXT, certificate TEXT, verified INTEGER, reply TEXT,
  certificate_names TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS delivery_by_recipient ON delivery(seal, recipient);
CREATE INDEX IF NOT EXISTS delivery_by_time ON delivery(time);
)";
constexpr const char* kNames = "ALTER TABLE delivery ADD COLUMN certificate_names TEXT NOT NULL DEFAULT ''";

/// 0.1.0 writes its own number over ours each time that it opens the file, and leaves the column alone.
Result<sqlite::Schema> schema_for(sqlite::Database& database) {
  return database.number("SELECT 1 FROM pragma_table_info('delivery') WHERE name = 'certificate_names'")
      .map([](const std::optional<std::int64_t>& has_names) {
        return sqlite::Schema{kDeliveryLogVersion, kTables, {has_names ? "" : kNames}};
      });
}

/// A reader that holds the file (pamsctl, a backup) is soon done; the MTA waits meanwhile.
constexpr std::chrono::seconds kTimeout(5);

std::int64_t milliseconds_of(Instant instant) { return instant.time_since_epoch().count(); }

}  // namespace

std::string_view to_string(RelayDelivery::Result result) {
  switch (result) {
    case RelayDelivery::Result::Sent:
      return "sent";
    case RelayDelivery::Result::Failed:
      return "failed";
    case RelayDelivery::Result::Dropped:
      return "dropped";
  }
  return "";
}

std::string delivery_log_path(const std::string& trace_path) {
  return (std::filesystem::path(trace_path).parent_path() / "relay.db").string();
}

Result<DeliveryLog> DeliveryLog::open(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Access::ReadWrite, sqlite::Durability::Full, kTimeout);
  if (!database) return tl::unexpected(database.error());
  DeliveryLog log(std::move(*database));
  const auto made = schema_for(log.database_).and_then([&](const sqlite::Schema& schema) {
    return make_or_upgrade(log.database_, path, schema);
  });
  if (!made) return tl::unexpected(made.error());
  return log;
}

Status DeliveryLog::record(std::span<const RelayDelivery> deliveries) {
  if (deliveries.empty()) return {};
  return database_.transaction([&]() -> Status {
    for (const auto& one : deliveries) {
      const auto written = database_.run(
          "INSERT INTO delivery(seal, recipient, time, result, connector, host, address, protocol, cipher, certificate, verified, reply, certificate_names) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          one.seal, one.recipient, milliseconds_of(one.time), to_string(one.result), one.connector, one.host,
          one.address, one.protocol, one.cipher, one.certificate, one.verified ? 1 : 0, one.reply,
          one.certificate_names);
      if (!written) return written;
    }
    return {};
  });
}

Result<std::optional<RelayDelivery>> DeliveryLog::sent(const std::string& seal,
                                                       const std::string& recipient) {
  std::optional<RelayDelivery> found;
  const auto asked = database_.query(
      "SELECT time, connector, host, address, protocol, cipher, certificate, verified, reply, certificate_names FROM delivery WHERE seal = ? AND recipient = ? AND result = 'sent' ORDER BY number LIMIT 1",
      [&](const sqlite::Row& row) {
        found = RelayDelivery{.seal = seal,
                              .recipient = recipient,
                              .time = Instant(std::chrono::milliseconds(row.number(0))),
                              .result = RelayDelivery::Result::Sent,
                              .connector = row.text(1),
                              .host = row.text(2),
                              .address = row.text(3),
                              .protocol = row.text(4),
                              .cipher = row.text(5),
                              .certificate = row.text(6),
                              .certificate_names = row.text(9),
                              .verified = row.number(7) != 0,
                              .reply = row.text(8)};
        return false;
      },
      seal, recipient);
  if (!asked) return tl::unexpected(asked.error());
  return found;
}

Result<std::vector<std::string>> DeliveryLog::refused_by(const std::string& seal) {
  std::vector<std::string> found;
  const auto asked = database_.query(
      "SELECT recipient FROM delivery WHERE seal = ? AND result = 'failed' GROUP BY recipient ORDER BY max(number)",
      [&](const sqlite::Row& row) {
        found.push_back(row.text(0));
        return true;
      },
      seal);
  if (!asked) return tl::unexpected(asked.error());
  return found;
}

Result<std::size_t> DeliveryLog::forget_before(Instant limit, std::size_t max_rows) {
  const auto deleted = database_.run(
      "DELETE FROM delivery WHERE number IN (SELECT number FROM delivery WHERE time < ? ORDER BY time LIMIT ?)",
      milliseconds_of(limit), max_rows);
  if (!deleted) return tl::unexpected(deleted.error());
  return static_cast<std::size_t>(database_.changes());
}

}  // namespace pams::milter::trace
