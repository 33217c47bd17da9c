// With smtpd_proxy_filter smtpd hands the content to another program: neither the milter nor the guard rules
// see it (MILTER_README: Milters see the commands only), and no check can tell where the program sends it.
// Flagged mail is safe only if the program brings everything back to a listener that is watched. A site that
// says so, by leaving the listener out of `setup postfix --outbound`, is believed; nobody else is.
#include <algorithm>

#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

bool is_watched(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener) {
  return listener.service->command == "smtpd" && !listener.has_proxy() &&
         !holds_word(listener.values.at("receive_override_options"), "no_milters") &&
         our_entry(examination, services, listener).has_value();
}

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener) {
  if (!listener.has_proxy()) return ok("");
  const auto seen = "smtpd_proxy_filter " + listener.values.at("smtpd_proxy_filter") +
                    " takes mail past the milter and the guard rules";
  const auto remedy =
      services.overrides(*listener.service, "smtpd_proxy_filter")
          ? "postconf -PX " + listener.service->key() + "/smtpd_proxy_filter && postfix reload"
          : std::string("postconf -X smtpd_proxy_filter && postfix reload");
  const auto& all = examination.postfix.listeners().value();
  const auto back = std::ranges::find_if(
      all, [&](const MailListener& other) { return is_watched(examination, services, other); });
  if (back == all.end()) return failed(seen + ", and it can come back to no watched listener", remedy);
  const auto cleanup = services.cleanup_of(*listener.service);
  if (!cleanup) return unanswered(cleanup.error());
  if (*cleanup == nullptr || (*cleanup)->name != setup::kInboundCleanup)
    return failed(seen + ", wherever that program sends it",
                  remedy + "; or, if all of it comes back to " + back->service->key() +
                      ": pamsctl setup postfix --apply --outbound " + back->service->key() +
                      " --outbound pickup");
  return warn(seen + "; flagged mail is safe only if the program hands it to " + back->service->key(),
              remedy);
}

Finding run(const Examination& examination) {
  return examine_listeners(examination, examine, "no listener hands its mail to a proxy filter");
}

}  // namespace

extern constinit const Check proxy_filter{
    .id = "proxy_filter",
    .why = "A before-queue filter may send flagged mail on in clear.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
