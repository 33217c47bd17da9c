#include <algorithm>

#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_services.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The first address of an element of mynetworks; nothing for what is no address (a table, a file, a name).
std::optional<IpAddress> first_address(std::string element) {
  if (element.starts_with('!')) return std::nullopt;
  element = element.substr(0, element.find('/'));
  return parse_ip(text::trim(element, "[]"));
}

Finding run(const Examination& examination) {
  const auto& trusted = examination.config.policy.trust.networks;
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto networks = examination.mta.parameter("mynetworks");
  if (!networks) return unanswered(networks.error());
  for (const auto& element : mta::split_list(*networks)) {
    const auto address = first_address(element);
    if (!address) continue;
    if (std::ranges::none_of(trusted, [&](const IpRange& range) { return range.contains(*address); }))
      return warn("Postfix relays for " + element + " (mynetworks), and [trust] networks does not name it",
                  "add \"" + element + "\" to [trust] networks, or take it out of mynetworks");
  }
  return ok("[trust] networks names all that Postfix relays for");
}

}  // namespace

extern constinit const Check trusted_networks{
    .id = "trusted_networks",
    .why = "Flagged mail of a sender that only Postfix trusts is answered 451, or held by the guard rules.",
    .run = run,
};

}  // namespace pams::milter::doctor
