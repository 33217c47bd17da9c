#include "milter/doctor/doors.hpp"

#include "milter/connector/postfix_text.hpp"

namespace pams::milter::doctor {
namespace {

Result<Door> look_at(const Gateway& gateway, const Service& listener) {
  Door door{&listener, &listener, milters_parameter(listener), {}};
  if (listener.command != "smtpd") {
    const auto cleanup = gateway.cleanup_of(listener);
    if (!cleanup) return tl::unexpected(cleanup.error());
    if (*cleanup != nullptr) door.scope = *cleanup;
  }
  auto values = gateway.values(*door.scope, {door.parameter, "milter_default_action", "milter_protocol",
                                             "milter_content_timeout", "milter_command_timeout"});
  if (!values) return tl::unexpected(values.error());
  const auto own =
      gateway.values(listener, {"receive_override_options", "smtpd_milter_maps", "smtpd_proxy_filter"});
  if (!own) return tl::unexpected(own.error());
  values->insert(own->begin(), own->end());
  door.values = std::move(*values);
  return door;
}

}  // namespace

bool Door::has_proxy() const {
  return listener->command == "smtpd" && !values.at("smtpd_proxy_filter").empty();
}

Result<std::vector<Door>> doors(const Gateway& gateway) {
  std::vector<Door> all;
  for (const auto* listener : gateway.listeners()) {
    auto door = look_at(gateway, *listener);
    if (!door) return tl::unexpected(door.error());
    all.push_back(std::move(*door));
  }
  return all;
}

std::optional<OurEntry> our_entry(const Examination& examination, const Gateway& gateway, const Door& door) {
  const auto elements = split_list(door.milters());
  for (std::size_t at = 0; at < elements.size(); ++at) {
    auto entry = parse_milter(elements[at]);
    if (gateway.reaches(*door.scope, entry.address, examination.config.settings.listen))
      return OurEntry{std::move(entry), at};
  }
  return std::nullopt;
}

std::string option_of(const OurEntry& ours, const std::string& option, const Door& door,
                      const std::string& parameter) {
  const auto own = ours.entry.options.find(option);
  return own == ours.entry.options.end() ? door.values.at(parameter) : own->second;
}

void add(Finding& sum, const Service& listener, const Finding& finding) {
  if (finding.status == CheckStatus::Ok) return;
  if (finding.status > sum.status) {
    sum.status = finding.status;
    sum.remedy = finding.remedy;
  }
  sum.unseen = sum.unseen || finding.unseen;
  sum.seen += (sum.seen.empty() ? "" : "; ") + listener.key() + ": " + finding.seen;
}

}  // namespace pams::milter::doctor
