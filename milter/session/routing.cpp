#include "milter/session/routing.hpp"

namespace pams::milter {

Result<Routing::Ready> Routing::prepare(const Services& services, const rules::Plan& plan) {
  if (!plan.route) return Ready("");
  const auto* connector = services.config->policy.connector(*plan.route);
  if (connector == nullptr)
    return fail(Failure::Misconfigured, "no [[outbound_connector]] has the name " + *plan.route);
  if (services.config->settings.verify_route)
    if (const auto verified = services.route_guard->verified(*connector); !verified)
      return tl::unexpected(verified.error());
  return services.route_token->read().map([](std::string token) { return Ready(std::move(token)); });
}

}  // namespace pams::milter
