// With smtpd_proxy_filter smtpd hands the content to another program: neither the milter nor the net sees it
// (MILTER_README: Milters see the commands only), and no check can tell where the program sends it. Flagged
// mail is safe only if the program brings everything back to a listener that is watched. A site that says so,
// by leaving the listener out of `setup postfix --outbound`, is believed; nobody else is.
#include <algorithm>

#include "milter/doctor/doors.hpp"
#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

bool is_watched(const Examination& examination, const Gateway& gateway, const Door& door) {
  return door.listener->command == "smtpd" && !door.has_proxy() &&
         !holds_word(door.values.at("receive_override_options"), "no_milters") &&
         our_entry(examination, gateway, door).has_value();
}

Finding examine(const Examination& examination, const Gateway& gateway, const Door& door,
                const std::vector<Door>& all) {
  if (!door.has_proxy()) return ok("");
  const auto seen = "smtpd_proxy_filter " + door.values.at("smtpd_proxy_filter") +
                    " takes mail past the milter and the net";
  const auto remedy = gateway.overrides(*door.listener, "smtpd_proxy_filter")
                          ? "postconf -PX " + door.listener->key() + "/smtpd_proxy_filter"
                          : std::string("postconf -X smtpd_proxy_filter");
  const auto back =
      std::ranges::find_if(all, [&](const Door& other) { return is_watched(examination, gateway, other); });
  if (back == all.end()) return failed(seen + ", and it can come back to no watched listener", remedy);
  const auto cleanup = gateway.cleanup_of(*door.listener);
  if (!cleanup) return unanswered(cleanup.error());
  if (*cleanup == nullptr || (*cleanup)->name != kInboundCleanup)
    return failed(seen + ", wherever that program sends it",
                  remedy + "; or, if all of it comes back to " + back->listener->key() +
                      ": pamsctl setup postfix --apply --outbound " + back->listener->key() +
                      " --outbound pickup");
  return warn(seen + "; flagged mail is safe only if the program hands it to " + back->listener->key(),
              remedy);
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto all = doors(*gateway);
  if (!all) return unanswered(all.error());
  Finding sum;
  for (const auto& door : *all) add(sum, *door.listener, examine(examination, *gateway, door, *all));
  if (sum.status == CheckStatus::Ok) sum.seen = "no listener hands its mail to a proxy filter";
  return sum;
}

}  // namespace

extern const Check proxy_filter;
const Check proxy_filter{"proxy_filter", "A before-queue filter may send flagged mail on in clear.", true,
                         run};

}  // namespace pams::milter::doctor
