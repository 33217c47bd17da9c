// A REDIRECT of header_checks or body_checks ends all filtering of that message: no milter is asked at its
// end, and the guard's FILTER is forgotten. Run on 3.7.11: a flagged message lay in clear in the mailbox that
// the rule names. So while one stands, mail to the outside is answered 451 before its content comes.
#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/redirect_tables.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/setup/postfix/postfix_site.hpp"

namespace pams::milter::doctor {
namespace {

const std::vector<std::string> kContent{"header_checks", "mime_header_checks", "nested_header_checks",
                                        "body_checks"};

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  Finding sum;
  for (const auto* cleanup : *cleanups)
    if (cleanup->name != setup::kInboundCleanup)
      add(sum, *cleanup, find_redirect(*services, *cleanup, kContent));
  if (sum.status == CheckStatus::Ok) sum.seen = "no content rule takes outbound mail past the milter";
  return sum;
}

}  // namespace

extern constinit const Check content_redirects{
    .id = "content_redirects",
    .why =
        "A redirected message passes the milter by and is delivered in clear: all mail to the outside waits.",
    .guards_routing = true,
    .guards_all_mail = true,
    .run = run,
};

}  // namespace pams::milter::doctor
