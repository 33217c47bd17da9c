#include "milter/journal/report_route.hpp"

#include "milter/config/route_token.hpp"
#include "milter/connector/route.hpp"

namespace pams::milter {

using journal::ConfidentialReports;

Result<std::string> ReportRoute::fields(const std::string& mailbox, bool is_confidential) const {
  const auto& journal = config_->policy.journal;
  if (!is_confidential || journal.confidential_reports == ConfidentialReports::Allow) return "";
  if (journal.confidential_reports == ConfidentialReports::Connector) return through_connector();
  // A report may have waited while the configuration has changed.
  if (!config_->policy.organization.has_address(mailbox))
    return fail(Failure::Misconfigured,
                mailbox + " is outside accepted_domains: no place for a report of flagged mail");
  if (!config_->settings.verify_route) return "";
  return local_->verified(mailbox).map([] { return std::string(); });
}

/// The listener for reports has no milter, but it has the net: there the marker in the report's own header
/// becomes the connector's FILTER, as it does for what is requeued. The routing checks see to it.
Result<std::string> ReportRoute::through_connector() const {
  const auto* connector = config_->policy.connector(config_->policy.journal.connector);
  if (connector == nullptr)
    return fail(Failure::Misconfigured,
                "no [[outbound_connector]] has the name " + config_->policy.journal.connector);
  if (config_->settings.verify_route)
    if (const auto verified = guard_->verified(*connector); !verified)
      return tl::unexpected(verified.error());
  return read_route_token(config_->settings.route_token_file).map([&](const std::string& token) {
    return std::string(rules::kRouteMarker) + ": " + route_marker(*config_, *connector, token) + "\r\n";
  });
}

}  // namespace pams::milter
