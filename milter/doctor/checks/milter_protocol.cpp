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
  return examine_listeners(examination, examine, "Postfix and pams-milter speak version 6");
}

}  // namespace

extern constinit const Check milter_protocol{
    .id = "milter_protocol",
    .why = "With an older version Postfix offers less than the milter needs, which then refuses all mail.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
