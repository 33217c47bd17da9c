#include "milter/session/routing.hpp"

#include "milter/connector/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

/// The first recipient that cannot leave with the suffix; null when all can.
const std::string* odd_recipient(const rules::Plan& plan, const Envelope& envelope,
                                 const std::string& suffix) {
  for (const auto& recipient : envelope.recipients)
    if (!routed_address(recipient, suffix)) return &recipient;
  for (const auto& effect : plan.effects)
    if (const auto* added = std::get_if<rules::AddRecipient>(&effect))
      if (!routed_address(added->address, suffix)) return &added->address;
  return nullptr;
}

}  // namespace

Result<Routing::Ready> Routing::prepare(const Services& services, const rules::Plan& plan,
                                        const Envelope& envelope) {
  if (!plan.route) return Ready("");
  const auto* connector = services.config->policy.connector(*plan.route);
  if (connector == nullptr)
    return fail(Failure::Misconfigured, "no [[outbound_connector]] has the name " + *plan.route);
  if (services.config->settings.verify_route)
    if (const auto verified = services.route_guard->verified(*connector); !verified)
      return tl::unexpected(verified.error());
  if (services.config->settings.mta == MtaKind::Sendmail) {
    const auto suffix = route_suffix(*connector);
    const auto* odd = odd_recipient(plan, envelope, suffix);
    if (odd == nullptr) return Ready(suffix);
    return fail(Failure::Misconfigured,
                "Sendmail cannot be told where to send this recipient: " + text::printable(*odd));
  }
  return services.route_token->read().map(
      [&](const std::string& token) { return Ready(route_marker(*services.config, *connector, token)); });
}

}  // namespace pams::milter
