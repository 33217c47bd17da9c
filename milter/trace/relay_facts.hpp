/// What the relay wrote down of its deliveries (delivery_log.hpp), for one who asks the trace. Opens the file
/// for reading; works while the relay writes. Failures as sqlite.hpp gives them. One object, one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/base/sqlite.hpp"
#include "milter/trace/delivery_log.hpp"

namespace pams::milter::trace {

class RelayFacts {
 public:
  /// The file need not be there: then nothing is known of any seal.
  static Result<RelayFacts> open(const std::string& path);

  /// In the order of time.
  Result<std::vector<RelayDelivery>> of(std::string_view seal);

 private:
  explicit RelayFacts(std::optional<sqlite::Database> database) : database_(std::move(database)) {}
  std::optional<sqlite::Database> database_;
  std::string names_;  ///< the column, or what stands for it in an older version's file
};

/// What holds for `recipient` among the deliveries of its message: the one that was sent, or the last; null
/// when there is none. Addresses are the same whatever their letter case and the form of an internationalized
/// domain.
const RelayDelivery* fate_of(std::string_view recipient, const std::vector<RelayDelivery>& deliveries);

/// "Verified TLSv1.3"; "" where there was no TLS.
std::string shown_tls(const RelayDelivery& delivery);
/// As the MTA's log names a server: "smtp.zivver.com[192.0.2.1]:25"; "none" where nobody was reached.
std::string shown_relay(const RelayDelivery& delivery);

}  // namespace pams::milter::trace
