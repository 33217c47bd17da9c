#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/routing/journal_listener.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The listener's options without the one that switches the guard rules off, or without all of them when none
/// is left.
std::string remedy_for_options(const MailListener& listener, const std::string& unwanted) {
  std::vector<std::string> others;
  for (const auto& option : mta::split_list(listener.values.at("receive_override_options")))
    if (!text::iequals(option, unwanted)) others.push_back(option);
  const auto name = listener.service->key() + "/receive_override_options";
  if (others.empty()) return "postconf -PX " + name;
  return "postconf -P '" + name + "=" + text::join(others, ",") + "'";
}

std::string remedy_for_own_list(const MailListener& listener, const std::string& address) {
  std::string list = "{" + address + ",default_action=tempfail}";
  for (const auto& element : mta::split_list(listener.milters())) list += "," + element;
  std::erase_if(list, [](char c) { return c == ' '; });  // postconf -P takes no blanks
  return "postconf -P '" + listener.scope->key() + "/" + listener.parameter + "=" + list + "'";
}

/// A listener that our milter does not watch. That is a warning where the guard rules stand and the site
/// wanted it so.
Finding unwatched(const Examination& examination, const mta::PostfixServices& services,
                  const MailListener& listener, const std::string& seen, const std::string& remedy,
                  bool own_setting) {
  const auto fault = guard_fault(examination, services, *listener.service);
  if (!fault) return unanswered(fault.error());
  if (fault->has_value() &&
      holds_word(listener.values.at("receive_override_options"), "no_header_body_checks"))
    return failed(seen + ", and no_header_body_checks switches the guard rules in header_checks off",
                  remedy_for_options(listener, "no_header_body_checks"));
  if (fault->has_value() || !own_setting) return failed(seen, remedy);
  if (routing::is_journal_listener(examination.config, *listener.service)) return ok("journal reports only");
  return warn(seen + "; flagged mail would be held by the guard rules", remedy);
}

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener) {
  const auto& listen = examination.config.settings.listen;
  if (listener.has_proxy()) return ok("");  // the check proxy_filter judges it
  if (holds_word(listener.values.at("receive_override_options"), "no_milters"))
    return unwatched(examination, services, listener, "no_milters switches the milter off",
                     remedy_for_options(listener, "no_milters"),
                     services.overrides(*listener.service, "receive_override_options"));
  const auto ours = our_entry(examination, services, listener);
  const bool own_list = services.overrides(*listener.scope, listener.parameter);
  if (!ours)
    return unwatched(
        examination, services, listener,
        listener.parameter + " '" + listener.milters() + "' does not lead to " + listen.for_postfix(),
        own_list ? remedy_for_own_list(listener, listen.for_postfix()) : kSetup, own_list);
  if (const auto action = option_of(*ours, "default_action", listener, "milter_default_action");
      action != "tempfail")
    return failed("when the milter is down, mail gets '" + action + "' instead of tempfail", kSetup);
  if (listener.service->command == "smtpd" && !listener.values.at("smtpd_milter_maps").empty())
    return unwatched(examination, services, listener,
                     "smtpd_milter_maps may switch the milter off for some clients",
                     "postconf -e smtpd_milter_maps=", true);
  return ok("");
}

Finding run(const Examination& examination) {
  const auto& all = examination.postfix.listeners();
  if (!all) return unanswered(all.error());
  if (all->empty()) return failed("master.cf has neither an smtpd nor a pickup service", "postconf -M");
  return examine_listeners(examination, examine,
                           "all " + std::to_string(all->size()) + " listeners are watched and fail closed");
}

}  // namespace

extern constinit const Check milter{
    .id = "milter",
    .why = "Mail that comes in past the milter, or while it is down, would leave in clear.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
