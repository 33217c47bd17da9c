#include <cstddef>

#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "milter/routing/journal_listener.hpp"
#include "milter/routing/route.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The listener's own list with our entry as it must be, in the place of the one that is there or else first.
std::string remedy_for_own_list(const Examination& examination, const mta::PostfixServices& services,
                                const MailListener& listener) {
  // A path below the queue directory means the same with and without a chroot.
  const auto address = routing::relay_address(examination.config.settings.listen, services.queue_directory());
  const auto ours = our_entry(examination, services, listener);
  auto elements = mta::split_list(listener.milters());
  if (ours) elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(ours->position));
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(ours ? ours->position : 0),
                  "{" + address + ",default_action=tempfail}");
  auto list = text::join(elements, ",");
  std::erase_if(list, [](char c) { return c == ' '; });  // postconf -P takes no blanks
  return "postconf -P '" + listener.scope->key() + "/" + listener.parameter + "=" + list +
         "' && postfix reload";
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
                  remedy_without_option(services, *listener.service, "no_header_body_checks"));
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
                     remedy_without_option(services, *listener.service, "no_milters"),
                     services.overrides(*listener.service, "receive_override_options"));
  const auto ours = our_entry(examination, services, listener);
  const bool own_list = services.overrides(*listener.scope, listener.parameter);
  if (!ours)
    return unwatched(
        examination, services, listener,
        listener.parameter + " '" + listener.milters() + "' does not lead to " + listen.for_postfix(),
        own_list ? remedy_for_own_list(examination, services, listener) : kSetup, own_list);
  if (const auto action = option_of(*ours, "default_action", listener, "milter_default_action");
      action != "tempfail")
    return failed("when the milter is down, mail gets '" + action + "' instead of tempfail",
                  own_list ? remedy_for_own_list(examination, services, listener) : kSetup);
  if (listener.service->command == "smtpd" && !listener.values.at("smtpd_milter_maps").empty())
    return unwatched(examination, services, listener,
                     "smtpd_milter_maps may switch the milter off for some clients",
                     services.overrides(*listener.service, "smtpd_milter_maps")
                         ? "postconf -PX " + listener.service->key() + "/smtpd_milter_maps && postfix reload"
                         : "postconf -X smtpd_milter_maps && postfix reload",
                     true);
  return ok("");
}

Finding run(const Examination& examination) {
  const auto& all = examination.postfix.listeners();
  if (!all) return unanswered(all.error());
  if (all->empty())
    return failed("master.cf has neither an smtpd nor a pickup service",
                  "restore master.cf from a backup; Debian's is /etc/postfix/master.cf.proto");
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
