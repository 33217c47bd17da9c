#include "milter/doctor/checks/listeners.hpp"

#include "milter/mta/postfix/postfix_text.hpp"

namespace pams::milter::doctor {
namespace {

Result<MailListener> look_at(const mta::PostfixServices& services, const mta::Service& service) {
  MailListener listener{&service, &service, mta::milters_parameter(service), {}};
  if (service.command != "smtpd") {
    const auto cleanup = services.cleanup_of(service);
    if (!cleanup) return tl::unexpected(cleanup.error());
    if (*cleanup != nullptr) listener.scope = *cleanup;
  }
  auto values =
      services.values(*listener.scope, {listener.parameter, "milter_default_action", "milter_protocol",
                                        "milter_content_timeout", "milter_command_timeout"});
  if (!values) return tl::unexpected(values.error());
  const auto own =
      services.values(service, {"receive_override_options", "smtpd_milter_maps", "smtpd_proxy_filter"});
  if (!own) return tl::unexpected(own.error());
  values->insert(own->begin(), own->end());
  listener.values = std::move(*values);
  return listener;
}

}  // namespace

bool MailListener::has_proxy() const {
  return service->command == "smtpd" && !values.at("smtpd_proxy_filter").empty();
}

Result<std::vector<MailListener>> listeners(const mta::PostfixServices& services) {
  std::vector<MailListener> all;
  for (const auto* service : services.listeners()) {
    auto listener = look_at(services, *service);
    if (!listener) return tl::unexpected(listener.error());
    all.push_back(std::move(*listener));
  }
  return all;
}

std::optional<OurEntry> our_entry(const Examination& examination, const mta::PostfixServices& services,
                                  const MailListener& listener) {
  const auto elements = mta::split_list(listener.milters());
  for (std::size_t at = 0; at < elements.size(); ++at) {
    auto entry = mta::parse_milter(elements[at]);
    if (services.reaches(*listener.scope, entry.address, examination.config.settings.listen))
      return OurEntry{std::move(entry), at};
  }
  return std::nullopt;
}

std::string option_of(const OurEntry& ours, const std::string& option, const MailListener& listener,
                      const std::string& parameter) {
  const auto own = ours.entry.options.find(option);
  return own == ours.entry.options.end() ? listener.values.at(parameter) : own->second;
}

void add(Finding& sum, const mta::Service& service, const Finding& finding) {
  if (finding.status == CheckStatus::Ok) return;
  if (finding.status > sum.status) {
    sum.status = finding.status;
    sum.remedy = finding.remedy;
  }
  sum.unseen = sum.unseen || finding.unseen;
  sum.seen += (sum.seen.empty() ? "" : "; ") + service.key() + ": " + finding.seen;
}

}  // namespace pams::milter::doctor
