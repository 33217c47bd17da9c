#include "milter/connector/journal_listener.hpp"
#include "milter/connector/postfix_text.hpp"
#include "milter/doctor/doors.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The listener's options without the one that hides the net, or without all of them when none is left.
std::string remedy_for_options(const Door& door, const std::string& unwanted) {
  std::vector<std::string> kept;
  for (const auto& option : split_list(door.values.at("receive_override_options")))
    if (!text::iequals(option, unwanted)) kept.push_back(option);
  const auto name = door.listener->key() + "/receive_override_options";
  if (kept.empty()) return "postconf -PX " + name;
  return "postconf -P '" + name + "=" + text::join(kept, ",") + "'";
}

std::string remedy_for_own_list(const Door& door, const std::string& address) {
  std::string list = "{" + address + ",default_action=tempfail}";
  for (const auto& element : split_list(door.milters())) list += "," + element;
  std::erase_if(list, [](char c) { return c == ' '; });  // postconf -P takes no blanks
  return "postconf -P '" + door.scope->key() + "/" + door.parameter + "=" + list + "'";
}

/// A listener that our milter does not watch. The net alone makes that bearable where the site wanted it so.
Finding unwatched(const Examination& examination, const Gateway& gateway, const Door& door,
                  const std::string& seen, const std::string& remedy, bool own_setting) {
  const auto fault = net_fault(examination, gateway, *door.listener);
  if (!fault) return unanswered(fault.error());
  if (!fault->empty() && holds_word(door.values.at("receive_override_options"), "no_header_body_checks"))
    return failed(seen + ", and no_header_body_checks switches the net off",
                  remedy_for_options(door, "no_header_body_checks"));
  if (!fault->empty() || !own_setting) return failed(seen, remedy);
  if (is_journal_listener(examination.config, *door.listener)) return ok("journal reports only");
  return warn(seen + "; flagged mail would wait in the net", remedy);
}

Finding examine(const Examination& examination, const Gateway& gateway, const Door& door) {
  const auto& listen = examination.config.settings.listen;
  if (door.has_proxy()) return ok("");  // the check proxy_filter judges it
  if (holds_word(door.values.at("receive_override_options"), "no_milters"))
    return unwatched(examination, gateway, door, "no_milters switches the milter off",
                     remedy_for_options(door, "no_milters"),
                     gateway.overrides(*door.listener, "receive_override_options"));
  const auto ours = our_entry(examination, gateway, door);
  const bool own_list = gateway.overrides(*door.scope, door.parameter);
  if (!ours)
    return unwatched(examination, gateway, door,
                     door.parameter + " '" + door.milters() + "' does not lead to " + listen.for_postfix(),
                     own_list ? remedy_for_own_list(door, listen.for_postfix()) : kSetup, own_list);
  if (const auto action = option_of(*ours, "default_action", door, "milter_default_action");
      action != "tempfail")
    return failed("when the milter is down, mail gets '" + action + "' instead of tempfail", kSetup);
  if (door.listener->command == "smtpd" && !door.values.at("smtpd_milter_maps").empty())
    return unwatched(examination, gateway, door,
                     "smtpd_milter_maps may switch the milter off for some clients",
                     "postconf -e smtpd_milter_maps=", true);
  return ok("");
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto all = doors(*gateway);
  if (!all) return unanswered(all.error());
  if (all->empty()) return failed("master.cf has neither an smtpd nor a pickup service", "postconf -M");
  Finding sum;
  for (const auto& door : *all) add(sum, *door.listener, examine(examination, *gateway, door));
  if (sum.status == CheckStatus::Ok)
    sum.seen = "all " + std::to_string(all->size()) + " listeners are watched and fail closed";
  return sum;
}

}  // namespace

extern const Check milter;
const Check milter{"milter", "Mail that comes in past the milter, or while it is down, would leave in clear.",
                   true, run};

}  // namespace pams::milter::doctor
