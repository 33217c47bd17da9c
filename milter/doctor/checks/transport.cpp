#include "milter/doctor/checks/route_rules.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "milter/routing/route.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::string_view kStatusFilter = "lmtp_delivery_status_filter";

std::string_view path_of(std::string_view table) { return table.substr(table.find(':') + 1); }
bool is_in_table_type(std::string_view table) {
  return table.starts_with("pcre:") || table.starts_with("regexp:");
}

bool holds(const routing::TransportSetting& setting, const std::string& value) {
  // A Postfix before 3.7 does not know the first; setups until 2026-11-27 had no table for the other.
  if ((setting.name == "lmtp_bind_address_enforce" || setting.name == kStatusFilter) && value.empty())
    return true;
  if (setting.name == kStatusFilter)  // where postfix-pcre came or went after setup, its type is the other
    return is_in_table_type(value) && path_of(value) == path_of(setting.value);
  return value == setting.value;
}

std::vector<std::string> names_of(const rules::OutboundConnector& connector) {
  std::vector<std::string> names;  // the same for each reach
  for (const auto& setting : routing::transport_settings(connector, routing::Reach::SocketOnly, ""))
    names.push_back(setting.name);
  return names;
}

/// A message that comes back for nothing is no leak: other mail need not wait for it.
Finding examine_status_filter(const Examination& examination, const mta::Service& service,
                              const std::string& filter) {
  if (filter.empty())
    return warn(
        service.key() +
            " is of an earlier setup: a message is given back when Postfix does not find the next hop",
        kSetup);
  const auto kept = examination.mta.lookup(filter, "5.4.4 unable to look up host");
  if (!kept) return warn(kept.error().what, kSetup);
  if (*kept != "4.4.4 unable to look up host")
    return warn(filter + " gives messages back for what Postfix says of the next hop", kSetup);
  return ok("");
}

Finding examine_settings(const Examination& examination, const mta::PostfixServices& services,
                         const mta::Service& service) {
  const auto values = services.values(service, names_of(examination.connector));
  if (!values) return unanswered(values.error());
  const bool enforces = !values->at("lmtp_bind_address_enforce").empty();
  const auto reach = routing::reach_of(examination.config.settings.relay.listen, enforces);
  const auto types = examination.mta.map_types();
  if (!types) return unanswered(types.error());
  const auto settings = routing::transport_settings(
      examination.connector, reach, routing::map_prefix(*types, examination.mta.config_directory()));
  for (const auto& setting : settings)
    if (setting.demanded && !holds(setting, values->at(setting.name)))
      return failed(
          service.key() + ": " + setting.name + " is '" + values->at(setting.name) + "'; " + setting.why,
          "postconf -P '" + service.key() + "/" + setting.name + "=" + setting.value + "' && postfix reload");
  return examine_status_filter(examination, service, values->at(std::string(kStatusFilter)));
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& name = examination.connector.transport;
  const auto* service = services->find(name, "unix");
  if (service == nullptr) return no_transport(examination.connector);
  if (service->command != "lmtp")
    return failed(name + "/unix runs " + service->command + ", not lmtp", kSetup);
  const auto relay =
      routing::relay_address(examination.config.settings.relay.listen, services->queue_directory());
  if (services->is_chrooted(*service) && relay.starts_with("unix:/"))
    return failed(
        name + "/unix runs chrooted in " + services->queue_directory() + " and cannot reach " + relay,
        kSetup);
  const auto settings = examine_settings(examination, *services, *service);
  if (settings.status != CheckStatus::Ok) return settings;
  return ok(name + "/unix hands what is sealed to the relay at " + relay + ", as it is");
}

}  // namespace

extern constinit const Check transport{
    .id = "transport",
    .why = "What is sealed would be changed on its way to the relay, or would not get there.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
