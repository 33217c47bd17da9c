/// Questions to the trace database: pamsctl's side. Opens the file for reading; works while the milter
/// writes. Values as stored: make them harmless before a terminal sees them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/base/sqlite.hpp"
#include "milter/trace/trace_store.hpp"

namespace pams::milter::trace {

/// All that are set must hold. Addresses are whole ones; letter case of addresses, subject and status does
/// not matter.
struct Filter {
  std::string sender, recipient;
  std::string message_id;  ///< with or without <>
  std::string queue_id;    ///< any that the message ever had
  std::string subject;     ///< a part of it
  std::optional<DeliveryStatus> status;
  std::optional<Instant> since, until;  ///< received at or after, before
  std::size_t limit = 1000;
};

/// One message and recipient.
struct Row {
  std::string id;
  Instant received;
  std::string message_id, queue_id, sender, recipient, subject, status, message_class, route, reply, tls;
  std::uint64_t size = 0;
  std::string client;
};

struct ToldEvent {
  Instant time, last;
  std::uint64_t times = 1;
  std::string kind, text, recipient, service, relay, result, tls;
};

struct Story {
  std::vector<Row> rows;  ///< one a recipient
  std::vector<ToldEvent> events;
};

/// A flagged message that something else than its connector touched.
struct Leak {
  std::string id, queue_id, sender, recipient, why;
  Instant time;
};

class TraceQuery {
 public:
  static Result<TraceQuery> open(const std::string& path);

  /// Newest first.
  Result<std::vector<Row>> find(const Filter& filter);
  /// Those that overlap the times.
  Result<std::vector<Gap>> gaps(const std::optional<Instant>& since, const std::optional<Instant>& until);
  /// nullopt: there is no such message.
  Result<std::optional<Story>> story(std::string_view id);
  Result<std::vector<Leak>> leaks();

 private:
  explicit TraceQuery(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
};

/// Why this attempt to deliver a flagged message is a leak; "" when it is not. `service`, `relay`, `result`,
/// `tls` as in the log.
std::string why_leak(const Route& route, const ToldEvent& attempt);

}  // namespace pams::milter::trace
