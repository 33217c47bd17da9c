#include <algorithm>

#include "milter/connector/journal_listener.hpp"
#include "milter/connector/postfix_settings.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// One listener and the settings that decide which milters see what comes in there.
struct Door {
  const Service& listener;
  const Service& scope;  ///< whose process reads the milter list: smtpd itself, or cleanup for local mail
  std::string parameter;
  Parameters values;
};

Result<Door> look_at(const Gateway& gateway, const Service& listener) {
  const auto parameter = milters_parameter(listener);
  const auto* scope = &listener;
  if (listener.command != "smtpd") {
    const auto cleanup = gateway.cleanup_of(listener);
    if (!cleanup) return tl::unexpected(cleanup.error());
    if (*cleanup != nullptr) scope = *cleanup;
  }
  auto values = gateway.values(*scope, {parameter, "milter_default_action"});
  if (!values) return tl::unexpected(values.error());
  const auto own =
      gateway.values(listener, {"receive_override_options", "smtpd_milter_maps", "smtpd_proxy_filter"});
  if (!own) return tl::unexpected(own.error());
  values->insert(own->begin(), own->end());
  return Door{listener, *scope, parameter, std::move(*values)};
}

/// The listener's options without the one that hides the net, or without all of them when none is left.
std::string remedy_for_options(const Door& door, const std::string& unwanted) {
  std::vector<std::string> kept;
  for (const auto& option : split_list(door.values.at("receive_override_options")))
    if (!text::iequals(option, unwanted)) kept.push_back(option);
  const auto name = door.listener.key() + "/receive_override_options";
  if (kept.empty()) return "postconf -PX " + name;
  return "postconf -P '" + name + "=" + text::join(kept, ",") + "'";
}

std::string remedy_for_own_list(const Door& door, const std::string& address) {
  std::string list = "{" + address + ",default_action=tempfail}";
  for (const auto& element : split_list(door.values.at(door.parameter))) list += "," + element;
  std::erase_if(list, [](char c) { return c == ' '; });  // postconf -P takes no blanks
  return "postconf -P '" + door.scope.key() + "/" + door.parameter + "=" + list + "'";
}

/// A listener that our milter does not watch. The net alone makes that bearable where the site wanted it so.
Finding unwatched(const Examination& examination, const Gateway& gateway, const Door& door,
                  const std::string& seen, const std::string& remedy, bool own_setting) {
  const auto fault = net_fault(examination, gateway, door.listener);
  if (!fault) return unanswered(fault.error());
  if (!fault->empty() && holds_word(door.values.at("receive_override_options"), "no_header_body_checks"))
    return failed(seen + ", and no_header_body_checks switches the net off",
                  remedy_for_options(door, "no_header_body_checks"));
  if (!fault->empty() || !own_setting) return failed(seen, remedy);
  if (is_journal_listener(examination.config, door.listener)) return ok("journal reports only");
  return warn(seen + "; flagged mail would wait in the net", remedy);
}

Finding examine_entry(const Door& door, const MilterEntry& entry, bool is_first) {
  const auto own_action = entry.options.find("default_action");
  const auto action =
      own_action == entry.options.end() ? door.values.at("milter_default_action") : own_action->second;
  if (action != "tempfail")
    return failed("when the milter is down, mail gets '" + action + "' instead of tempfail", kSetup);
  if (!is_first)
    return warn("another milter comes before pams-milter and does not see what it changes", kSetup);
  return ok("watched");
}

/// With a proxy filter smtpd hands the content to another program: neither the milter nor the net sees any,
/// unless the program brings it back to a listener that has no such filter.
Result<Finding> examine_proxy(const Gateway& gateway, const Door& door) {
  const auto seen = "smtpd_proxy_filter passes the milter and the net by";
  const auto remedy = gateway.overrides(door.listener, "smtpd_proxy_filter")
                          ? "postconf -PX " + door.listener.key() + "/smtpd_proxy_filter"
                          : std::string("postconf -X smtpd_proxy_filter");
  for (const auto* other : gateway.listeners()) {
    if (other->command != "smtpd") continue;
    const auto filter = gateway.value(*other, "smtpd_proxy_filter");
    if (!filter) return tl::unexpected(filter.error());
    if (filter->empty())
      return warn(std::string(seen) + "; flagged mail is safe only if the filter hands it to " + other->key(),
                  remedy);
  }
  return failed(std::string(seen) + ", and it can come back to no other listener", remedy);
}

Finding examine(const Examination& examination, const Gateway& gateway, const Door& door) {
  const auto& listen = examination.config.settings.listen;
  if (door.listener.command == "smtpd" && !door.values.at("smtpd_proxy_filter").empty()) {
    const auto finding = examine_proxy(gateway, door);
    return finding ? *finding : unanswered(finding.error());
  }
  if (holds_word(door.values.at("receive_override_options"), "no_milters"))
    return unwatched(examination, gateway, door, "no_milters switches the milter off",
                     remedy_for_options(door, "no_milters"),
                     gateway.overrides(door.listener, "receive_override_options"));
  const auto entries = split_list(door.values.at(door.parameter));
  const auto ours = std::ranges::find_if(entries, [&](const std::string& entry) {
    return gateway.reaches(door.scope, parse_milter(entry).address, listen);
  });
  const bool own_list = gateway.overrides(door.scope, door.parameter);
  if (ours == entries.end())
    return unwatched(
        examination, gateway, door,
        door.parameter + " '" + door.values.at(door.parameter) + "' does not lead to " + listen.for_postfix(),
        own_list ? remedy_for_own_list(door, listen.for_postfix()) : kSetup, own_list);
  const auto finding = examine_entry(door, parse_milter(*ours), ours == entries.begin());
  if (finding.status == CheckStatus::Fail || door.listener.command != "smtpd" ||
      door.values.at("smtpd_milter_maps").empty())
    return finding;
  return unwatched(examination, gateway, door, "smtpd_milter_maps may switch the milter off for some clients",
                   "postconf -e smtpd_milter_maps=", true);
}

/// All that is not in order, under the worst one's status and remedy.
void add(Finding& sum, const std::string& listener, const Finding& finding) {
  if (finding.status == CheckStatus::Ok) return;
  if (finding.status > sum.status) sum = {finding.status, sum.seen, finding.remedy};
  sum.seen += (sum.seen.empty() ? "" : "; ") + listener + ": " + finding.seen;
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto listeners = gateway->listeners();
  if (listeners.empty()) return failed("master.cf has neither an smtpd nor a pickup service", "postconf -M");
  Finding sum;
  for (const auto* listener : listeners) {
    const auto door = look_at(*gateway, *listener);
    if (!door) return unanswered(door.error());
    add(sum, listener->key(), examine(examination, *gateway, *door));
  }
  if (sum.status == CheckStatus::Ok)
    sum.seen = "all " + std::to_string(listeners.size()) + " listeners are watched and fail closed";
  return sum;
}

}  // namespace

extern const Check milter;
const Check milter{"milter", "Mail that comes in past the milter, or while it is down, would leave in clear.",
                   true, run};

}  // namespace pams::milter::doctor
