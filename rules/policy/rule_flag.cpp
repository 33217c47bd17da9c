#include "rules/policy/rule_flag.hpp"

#include <algorithm>

#include "rules/policy/classify.hpp"

namespace pams::rules {
namespace {

Ending ending(OnAnomaly action, const std::string& reason) {
  if (action == OnAnomaly::Reject) return Reject{"5.7.1", std::string(kNotAuthorized)};
  return Defer{"4.7.1", reason};
}

}  // namespace

std::optional<std::string> refuse_to_flag(const Policy& policy, Draft& draft) {
  const auto& pams = policy.pams;
  const auto& mail = draft.mail;
  const auto stop = [&](OnAnomaly action, std::string reason) {
    draft.ending = ending(action, reason);
    draft.notes.push_back(reason);
    return reason;
  };
  if (comes_back_from_zivver(policy, mail.message().headers, mail.client())) return "comes back from Zivver";
  if (!mail.is_trusted()) {
    if (!reaches_outside(policy, mail.envelope())) return "not flagged: inbound mail of an untrusted peer";
    return stop(OnAnomaly::Defer,
                "a rule would flag mail of an untrusted peer to a recipient outside the organization");
  }
  if (const auto why = forged_guard(policy, mail.message().headers, mail.client()))
    return stop(pams.on_anomaly, "anomaly: " + *why);
  if (!pams.enabled) return stop(pams.when_disabled, "flagged by a rule, and pams.enabled is false");
  if (policy.connector(pams.connector) == nullptr)
    return stop(OnAnomaly::Defer,
                "flagged by a rule, and there is no outbound connector '" + pams.connector + "'");
  return std::nullopt;
}

void lock_route(const Policy& policy, Draft& draft) {
  if (draft.connector && *draft.connector != policy.pams.connector)
    draft.notes.push_back("not routed via " + *draft.connector + ": flagged by a rule, leaves via " +
                          policy.pams.connector);
  draft.mail.classify(true, true);
  draft.connector = policy.pams.connector;
}

}  // namespace pams::rules
