#include "milter/ctl/connector/validate.hpp"

#include <algorithm>
#include <future>

#include <unistd.h>

#include "milter/ctl/connector/running.hpp"
#include "milter/ctl/connector/test_message.hpp"
#include "milter/doctor/evaluate_route.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/smart_host/password.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using std::chrono::seconds;

// A minute is promised; what happens around the waiting needs a little of it.
constexpr seconds kAll{55};
constexpr seconds kForTheMessage{20};
constexpr seconds kToSeeWhatRuns{8};

std::string host_name() {
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

/// The name by which the smart host knows us: the transport's own.
std::string helo_name(const Config& config) {
  if (config.settings.mta != MtaKind::Postfix) return host_name();
  const auto own = mta::Postfix(config.settings.postfix_config, seconds(5)).parameter("smtp_helo_name");
  return own && !own->empty() ? text::printable(*own) : host_name();
}

bool is_recipient(const std::string& address) {
  const auto at = address.rfind('@');
  return at != std::string::npos && at > 0 && at + 1 < address.size() &&
         text::printable(address) == address && address.find_first_of(" \t<>,;\"") == std::string::npos;
}

Status may_send(const Config& config, const rules::OutboundConnector& connector,
                const std::string& recipient) {
  if (!is_recipient(recipient))
    return fail(Failure::Refused, "--send-to: '" + text::printable(recipient) + "' is not an address");
  if (connector.name != config.policy.pams.connector)
    return fail(Failure::Refused, "--send-to: a flagged message leaves through '" +
                                      config.policy.pams.connector +
                                      "' alone; send one that your rule routes to '" + connector.name + "'");
  if (config.settings.mta != MtaKind::Postfix)
    return fail(Failure::Refused, "--send-to: can follow a message only through Postfix");
  return can_test(config);
}

/// Nothing is sent over a gateway that could let it leave in clear, or that would leave it in a queue.
/// `gateway`: what speaks against it.
TestDelivery send(const Config& config, const Status& gateway, const std::string& recipient,
                  const std::vector<smart_host::SmartHostReport>& hosts, smart_host::Deadline deadline) {
  if (std::ranges::none_of(hosts, &smart_host::SmartHostReport::ok))
    return {smart_host::StageStatus::Skipped, "", "nothing is sent: no smart host is in order"};
  if (!gateway) return {smart_host::StageStatus::Fail, "", "nothing is sent: " + gateway.error().what};
  return send_test_message(config, mta::Postfix(config.settings.postfix_config), recipient, deadline);
}

/// Whether a flagged message would reach the smart host through it: the routing checks, and what must run.
Status examine_gateway(const Config& config, const rules::OutboundConnector& connector) {
  const auto route =
      doctor::evaluate_route(config, connector, mta::Postfix(config.settings.postfix_config)).status;
  if (!route) return route;
  if (const auto missing = what_is_missing(config, connector, kToSeeWhatRuns))
    return fail(Failure::Misconfigured, *missing);
  return {};
}

/// Whether `relay` ("name[address]:port", as Postfix writes it) is this host.
bool is_relay(const rules::SmartHost& host, std::string_view relay) {
  const auto bracket = relay.find('[');
  const auto colon = relay.rfind(':');
  return bracket != std::string_view::npos && colon != std::string_view::npos && colon > bracket &&
         text::iequals(relay.substr(0, bracket), host.name) &&
         relay.substr(colon + 1) == std::to_string(host.port);
}

void add_delivery(const TestDelivery& delivery, const rules::OutboundConnector& connector,
                  std::vector<smart_host::SmartHostReport>& reports) {
  const auto& hosts = connector.smart_hosts;
  const auto at =
      std::ranges::find_if(hosts, [&](const auto& host) { return is_relay(host, delivery.relay); });
  // When none was reached, the first one's line tells it.
  const auto whose = at == hosts.end() ? 0 : static_cast<std::size_t>(at - hosts.begin());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (i == whose)
      reports[i].stages.push_back({"send", delivery.status, delivery.reason});
    else
      reports[i].stages.push_back({"send", smart_host::StageStatus::Skipped,
                                   "the message did not go here; see " + reports[whose].host});
  }
}

}  // namespace

bool Validation::ok() const { return std::ranges::all_of(smart_hosts, &smart_host::SmartHostReport::ok); }

Result<Validation> validate(const Config& config, const rules::OutboundConnector& connector,
                            const std::string& send_to) {
  const auto deadline = std::chrono::steady_clock::now() + kAll;
  const bool sends = !send_to.empty();
  if (const auto may = sends ? may_send(config, connector, send_to) : Status(); !may)
    return tl::unexpected(may.error());
  // The routing checks run many programs; meanwhile the smart hosts are asked.
  auto gateway =
      std::async(std::launch::async, [&] { return sends ? examine_gateway(config, connector) : Status(); });
  const auto password =
      connector.username.empty() ? Result<std::string>("") : smart_host::read_password(connector);
  Validation validation{connector.name, {}};
  validation.smart_hosts = smart_host::probe_smart_hosts(
      connector, {helo_name(config), password, sends ? deadline - kForTheMessage : deadline});
  const auto delivery =
      sends ? send(config, gateway.get(), send_to, validation.smart_hosts, deadline)
            : TestDelivery{smart_host::StageStatus::Skipped, "", "asked for with --send-to ADDRESS"};
  add_delivery(delivery, connector, validation.smart_hosts);
  return validation;
}

}  // namespace pams::milter::ctl
