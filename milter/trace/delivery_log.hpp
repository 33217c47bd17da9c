/// What the relay knows about each delivery of a sealed message: which seal went to which recipient, where,
/// over which TLS, and what the smart host said. `relay.db` beside the trace database; the relay alone writes
/// it, and asks it before it sends, so that what the MTA brings again is not sent again. `pamsctl trace`
/// reads it. A recorded delivery survives power loss. Failures as sqlite.hpp gives them. One object, one
/// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "milter/base/sqlite.hpp"
#include "milter/trace/message_trace.hpp"

namespace pams::milter::trace {

struct RelayDelivery {
  enum class Result { Sent, Failed, Dropped };  ///< 2xx; 5xx; not a recipient of the sealed message
  std::string seal;                             ///< its id
  std::string recipient;                        ///< as in the seal; for Dropped as the MTA gave it
  Instant time;
  Result result = Result::Sent;
  std::string connector;
  std::string host, address, protocol, cipher, certificate;  ///< as in milter::Peer; "" where there was none
  /// Of the certificate, "smtp.zivver.com *.zivver.com"; "" also where they were not written down (0.1.0).
  std::string certificate_names;
  bool verified = false;
  std::string reply;  ///< "250 2.0.0 Ok: queued as 123"
};
std::string_view to_string(RelayDelivery::Result result);  ///< "sent", "failed", "dropped"

inline constexpr std::int64_t kDeliveryLogVersion = 2;

/// Where the relay of the trace at `trace_path` keeps it: relay.db in the same directory.
std::string delivery_log_path(const std::string& trace_path);

/// table delivery(number INTEGER PRIMARY KEY, seal TEXT, recipient TEXT, time INTEGER milliseconds, result
/// TEXT,
///   connector TEXT, host TEXT, address TEXT, protocol TEXT, cipher TEXT, certificate TEXT, verified INTEGER,
///   reply TEXT, certificate_names TEXT), index on (seal, recipient). Version 1, 0.1.0's, has no names.
class DeliveryLog {
 public:
  /// Makes the table, or brings an older version's up to date; Misconfigured for a newer version's.
  static Result<DeliveryLog> open(const std::string& path);
  /// All of them, in one transaction, synced.
  Status record(std::span<const RelayDelivery> deliveries);
  /// The one with Result::Sent; nullopt when there is none.
  Result<std::optional<RelayDelivery>> sent(const std::string& seal, const std::string& recipient);
  /// Who refused it (Result::Failed), whoever did so longest ago first.
  Result<std::vector<std::string>> refused_by(const std::string& seal);
  /// Deletes what is older than `limit`, at most `max_rows`; how many went.
  Result<std::size_t> forget_before(Instant limit, std::size_t max_rows);

 private:
  explicit DeliveryLog(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
};

}  // namespace pams::milter::trace
