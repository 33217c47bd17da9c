/// From what happened to what is answered, recorded and logged. Values; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "milter/relay/answer.hpp"
#include "milter/smart_host/verified_connection.hpp"
#include "milter/trace/delivery_log.hpp"

namespace pams::milter::relay {

/// For a carrier that did not open to its end.
Answer answer_to_unopened(const Error& error);

/// The answer of the delivery that the ledger knows.
Answer sent_already(const trace::RelayDelivery& delivery);

trace::RelayDelivery delivery_of(const std::string& seal, const std::string& recipient,
                                 const std::string& connector, const smart_host::Peer& peer,
                                 const Answer& answer);

/// The lines of one delivery: one for those that the server took, one for those that wait, one for those that
/// it refused.
struct OutcomeLog {
  std::string seal, queue_id, connector;
  const smart_host::Peer& peer;
  bool is_report = false;
  std::vector<std::pair<std::string, Answer>> recipients;
  void write() const;
};

}  // namespace pams::milter::relay
