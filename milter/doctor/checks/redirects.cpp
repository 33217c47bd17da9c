// A REDIRECT of an access table, or of milter_header_checks: the milter is asked all the same, but the queue
// manager forgets the route. Run: with all else in order the message went that way.
#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/redirect_tables.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

const std::vector<std::string> kAccess{"smtpd_client_restrictions",     "smtpd_helo_restrictions",
                                       "smtpd_sender_restrictions",     "smtpd_relay_restrictions",
                                       "smtpd_recipient_restrictions",  "smtpd_data_restrictions",
                                       "smtpd_end_of_data_restrictions"};

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  Finding sum;
  for (const auto* listener : services->listeners())
    if (listener->command == "smtpd") add(sum, *listener, find_redirect(*services, *listener, kAccess));
  for (const auto* cleanup : *cleanups)
    add(sum, *cleanup, find_redirect(*services, *cleanup, {"milter_header_checks"}));
  if (sum.status == CheckStatus::Ok) sum.seen = "no table redirects mail";
  return sum;
}

}  // namespace

extern constinit const Check redirects{
    .id = "redirects",
    .why = "A redirected message forgets its route: people get the sealed message.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
