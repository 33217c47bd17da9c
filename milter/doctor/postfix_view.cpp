#include "milter/doctor/postfix_view.hpp"

namespace pams::milter::doctor {
namespace {

Result<MailListener> read_listener(const mta::PostfixServices& services, const mta::Service& service) {
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

Result<std::vector<MailListener>> read_listeners(const mta::PostfixServices& services) {
  std::vector<MailListener> all;
  for (const auto* service : services.listeners()) {
    auto listener = read_listener(services, *service);
    if (!listener) return tl::unexpected(listener.error());
    all.push_back(std::move(*listener));
  }
  return all;
}

}  // namespace

bool MailListener::has_proxy() const {
  return service->command == "smtpd" && !values.at("smtpd_proxy_filter").empty();
}

const Result<mta::PostfixServices>& PostfixView::services() const {
  if (!services_) services_ = mta::PostfixServices::read(mta_);
  return *services_;
}

const Result<std::vector<const mta::Service*>>& PostfixView::cleanups() const {
  if (!cleanups_)
    cleanups_ = services().and_then([](const mta::PostfixServices& all) { return all.cleanups(); });
  return *cleanups_;
}

const Result<std::vector<MailListener>>& PostfixView::listeners() const {
  if (!listeners_) listeners_ = services().and_then(read_listeners);
  return *listeners_;
}

}  // namespace pams::milter::doctor
