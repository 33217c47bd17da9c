/// Questions to the trace database and to what the relay wrote down beside it: pamsctl's side. Opens the
/// files for reading; works while milter and relay write. What the relay did holds, whatever the MTA's log
/// tells of the same recipient. Values as stored: make them harmless before a terminal sees them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "milter/base/sqlite.hpp"
#include "milter/trace/leak.hpp"
#include "milter/trace/relay_facts.hpp"
#include "milter/trace/told_event.hpp"
#include "milter/trace/trace_filter.hpp"
#include "milter/trace/trace_state.hpp"
#include "milter/trace/trace_store.hpp"

namespace pams::milter::trace {

/// One message and recipient.
struct StatusRow {
  std::string id;
  Instant received;
  std::string message_id, queue_id, sender, recipient, subject, status, message_class, route, reply, tls;
  std::uint64_t size = 0;
  std::string client;
  std::string host;  ///< the smart host that the relay gave it to: "smtp.zivver.com:25"
};

struct Story {
  std::vector<StatusRow> rows;  ///< one a recipient
  std::vector<ToldEvent> events;
};

/// All that is known of one message.
struct MessageFacts {
  Story story;
  std::vector<RelayDelivery> deliveries;
  std::vector<std::string> queue_ids;
  std::string archive_record;  ///< "" = the trace names none
  std::string connector;       ///< "" = the normal route
};

class TraceQuery {
 public:
  /// Misconfigured when a newer version has written the database.
  static Result<TraceQuery> open(const std::string& path);

  /// Newest first.
  Result<std::vector<StatusRow>> find(const Filter& filter);
  /// Those that overlap the times.
  Result<std::vector<Gap>> gaps(const std::optional<Instant>& since, const std::optional<Instant>& until);
  /// One row for each message whose id begins so, oldest first, at most `max_messages`.
  Result<std::vector<StatusRow>> like(std::string_view id, std::size_t max_messages);
  /// Its events in the order of their times. nullopt: there is no such message.
  Result<std::optional<Story>> story(std::string_view id);
  /// nullopt: there is no such message.
  Result<std::optional<MessageFacts>> facts(std::string_view id);
  Result<std::vector<Leak>> leaks();
  /// What the writer cannot do now.
  Result<TraceState> state() const { return read_state(path_); }

 private:
  TraceQuery(std::string path, sqlite::Database database, RelayFacts relay)
      : path_(std::move(path)), database_(std::move(database)), relay_(std::move(relay)) {}
  Result<std::vector<std::string>> seals_of(std::int64_t message);
  Result<std::vector<RelayDelivery>> deliveries_of(const std::vector<std::string>& seals);
  Result<std::vector<RelayDelivery>> deliveries_of(std::int64_t message);
  Status read_rows(const std::string& sql, const std::vector<sqlite::In>& values,
                   const std::function<bool(StatusRow)>& each);
  Result<std::vector<ToldEvent>> events_of(std::int64_t message);
  Status complete(Watched& watched, std::int64_t message);

  std::string path_;
  sqlite::Database database_;
  RelayFacts relay_;
};

}  // namespace pams::milter::trace
