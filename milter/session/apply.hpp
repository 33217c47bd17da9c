/// Turns a plan into the changes that the MTA is asked for. A message with the normal route gets the plan's
/// edits; one that leaves through a connector is replaced by a carrier, which holds it sealed, as it would
/// have left (milter/seal/carrier.hpp).
#pragma once

#include <chrono>

#include <libmilter/mfapi.h>

#include "milter/base/receipt.hpp"
#include "milter/seal/sealed.hpp"
#include "milter/session/mta_changes.hpp"
#include "milter/session/routing.hpp"
#include "milter/session/transaction.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter::session {

class Application {
 public:
  using Applied = Receipt<Application, seal::SealId>;

  /// What is to be carried out. All outlive the call.
  struct Task {
    SMFICTX* context;
    bool leading_space;          ///< as the session agreed
    const Transaction& message;  ///< envelope and configuration
    const Message& received;     ///< as the MTA holds it now
    const std::string& queue_id;
    std::chrono::sys_seconds time;
  };

  /// The receipt tells the id of the seal; "" for the normal route. Failure::Temporary when the MTA does not
  /// take a change.
  static Result<Applied> carry_out(const Task& task, const rules::Plan& plan, const Routing::Ready& route);

  /// A carrier that was brought in and has proved itself: nothing changes but its route. `seal`: its id.
  static Result<Applied> keep_carrier(const Task& task, const std::string& seal, const Routing::Ready& route);
};

}  // namespace pams::milter::session
