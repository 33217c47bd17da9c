#include "milter/session/routing.hpp"

#include "milter/routing/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::session {
namespace {

/// The first recipient that cannot leave with the suffix; null when all can.
const std::string* odd_recipient(const rules::Plan& plan, const Envelope& envelope,
                                 const std::string& suffix) {
  for (const auto& recipient : envelope.recipients)
    if (!routing::routed_address(recipient, suffix)) return &recipient;
  for (const auto& effect : plan.effects)
    if (const auto* added = std::get_if<rules::AddRecipient>(&effect))
      if (!routing::routed_address(added->address, suffix)) return &added->address;
  return nullptr;
}

/// Mail that could be a flagged message whose flag was removed before it came here.
bool may_have_lost_its_flag(const Services& services, const rules::Plan& plan, const Envelope& envelope) {
  const auto& policy = services.config->policy;
  return !plan.route && services.config->settings.verify_route && plan.classification.trusted &&
         policy.connector(policy.pams.connector) != nullptr && rules::reaches_outside(policy, envelope);
}

Status flag_has_survived(const Services& services, const rules::Plan& plan, const Envelope& envelope) {
  if (!may_have_lost_its_flag(services, plan, envelope)) return {};
  const auto& policy = services.config->policy;
  return services.route_guard->flag_survives(*policy.connector(policy.pams.connector));
}

}  // namespace

bool Routing::is_needed(const Services& services, const rules::Plan& plan, const Envelope& envelope) {
  return plan.route || may_have_lost_its_flag(services, plan, envelope);
}

Result<Routing::Ready> Routing::prepare(const Services& services, const rules::Plan& plan,
                                        const Envelope& envelope) {
  Ready ready;
  if (const auto survived = flag_has_survived(services, plan, envelope); !survived)
    return tl::unexpected(survived.error());
  if (!plan.route) return ready;
  ready.connector_ = services.config->policy.connector(*plan.route);
  if (ready.connector_ == nullptr)
    return fail(Failure::Misconfigured, "no [[outbound_connector]] has the name " + *plan.route);
  if (services.config->settings.verify_route)
    if (const auto verified = services.route_guard->verified(*ready.connector_); !verified)
      return tl::unexpected(verified.error());
  auto keys = services.seal_keys->read();
  if (!keys) return tl::unexpected(keys.error());
  ready.keys_ = std::move(*keys);
  if (services.config->settings.mta != MtaKind::Sendmail) return ready;
  ready.suffix_ = routing::route_suffix(*ready.connector_);
  const auto* odd = odd_recipient(plan, envelope, ready.suffix_);
  if (odd == nullptr) return ready;
  return fail(Failure::Misconfigured,
              "Sendmail cannot be told where to send this recipient: " + text::printable(*odd));
}

}  // namespace pams::milter::session
