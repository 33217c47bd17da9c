#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener) {
  const auto ours = our_entry(examination, services, listener);
  if (!ours) return ok("");  // the check milter says so
  const auto version = option_of(*ours, "protocol", listener, "milter_protocol");
  if (version == "6") return ok("");
  return failed("milter_protocol is " + version + " and must be 6", kSetup);
}

Finding run(const Examination& examination) {
  const auto services = mta::PostfixServices::read(examination.mta);
  if (!services) return unanswered(services.error());
  const auto all = listeners(*services);
  if (!all) return unanswered(all.error());
  Finding sum;
  for (const auto& listener : *all) add(sum, *listener.service, examine(examination, *services, listener));
  if (sum.status == CheckStatus::Ok) sum.seen = "Postfix and pams-milter speak version 6";
  return sum;
}

}  // namespace

extern constinit const Check milter_protocol{
    .id = "milter_protocol",
    .why = "With an older version Postfix offers less than the milter needs, which then refuses all mail.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
