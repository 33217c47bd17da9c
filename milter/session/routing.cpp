#include "milter/session/routing.hpp"

#include "milter/connector/route.hpp"

namespace pams::milter {

Result<Routing::Ready> Routing::prepare(const Services& services, const rules::Plan& plan) {
  if (!plan.route) return Ready("");
  const auto* connector = services.config->policy.connector(*plan.route);
  if (connector == nullptr)
    return fail(Failure::Misconfigured, "no [[outbound_connector]] has the name " + *plan.route);
  if (services.config->settings.verify_route)
    if (const auto verified = services.route_guard->verified(*connector); !verified)
      return tl::unexpected(verified.error());
  return services.route_token->read().map([&](const std::string& token) {
    return Ready(route_marker(*services.config, *connector, token));
  });
}

}  // namespace pams::milter
