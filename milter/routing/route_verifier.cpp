#include "milter/routing/route_verifier.hpp"

#include <algorithm>
#include <exception>

namespace pams::milter::routing {
namespace {

using std::chrono::seconds;
constexpr seconds kRetryFailing{5};
constexpr seconds kBelieveServers{60};

RouteEvaluation not_evaluated(const std::string& why) {
  const Status status = fail(Failure::Misconfigured, "route check evaluation fails: " + why);
  return {status, {}, false, status};
}

}  // namespace

RouteVerifier::RouteVerifier(Evaluate evaluate, Clock clock)
    : evaluate_(std::move(evaluate)), clock_(std::move(clock)) {}

bool RouteVerifier::still_holds(const Known& known) const {
  const auto age = clock_() - known.at;
  if (!known.evaluation.status && age >= kRetryFailing) return false;
  if (known.evaluation.beyond_files && age >= kBelieveServers) return false;
  return std::ranges::all_of(known.evaluation.files,
                             [](const FileStamp& stamp) { return stamp == stamp_of(stamp.path); });
}

RouteEvaluation RouteVerifier::evaluate_now(const rules::OutboundConnector& connector) const {
  try {
    return evaluate_(connector);
  } catch (const std::exception& error) {
    return not_evaluated(error.what());
  } catch (...) {
    return not_evaluated("unknown exception");
  }
}

Status RouteVerifier::verified(const rules::OutboundConnector& connector) {
  return evaluation_of(connector).status;
}

Status RouteVerifier::flag_survives(const rules::OutboundConnector& connector) {
  return evaluation_of(connector).flag_survives;
}

RouteEvaluation RouteVerifier::evaluation_of(const rules::OutboundConnector& connector) {
  const MutexLock lock(mutex_);
  const auto known = known_.find(connector.name);
  if (known != known_.end() && still_holds(known->second)) return known->second.evaluation;
  auto evaluation = evaluate_now(connector);
  // The age counts from the end: a slow evaluation that fails is not begun again at once.
  return known_.insert_or_assign(connector.name, Known{std::move(evaluation), clock_()})
      .first->second.evaluation;
}

}  // namespace pams::milter::routing
