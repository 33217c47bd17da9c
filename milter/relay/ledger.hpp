/// The relay's DeliveryLog for all sessions: opened when it is first needed and again after a failure, one
/// use at a time. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "milter/base/mutex.hpp"
#include "milter/trace/delivery_log.hpp"

namespace pams::milter::relay {

class Ledger {
 public:
  /// `path` is that of relay.db.
  Result<std::optional<trace::RelayDelivery>> sent(const std::string& path, const std::string& seal,
                                                   const std::string& recipient);
  Result<std::vector<std::string>> refused_by(const std::string& path, const std::string& seal);
  Status record(const std::string& path, std::span<const trace::RelayDelivery> deliveries);
  /// A bounded part of what is older; come again when it is true that more is left.
  Result<bool> forget_before(const std::string& path, trace::Instant limit);

 private:
  Result<trace::DeliveryLog*> opened(const std::string& path) PAMS_REQUIRES(mutex_);
  /// Closes the log when the result is an error, so that the next use opens it again.
  template <class T>
  T or_close(T result) PAMS_REQUIRES(mutex_);

  Mutex mutex_;
  std::string path_ PAMS_GUARDED_BY(mutex_);
  std::optional<trace::DeliveryLog> log_ PAMS_GUARDED_BY(mutex_);
};

}  // namespace pams::milter::relay
