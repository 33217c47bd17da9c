#include "milter/doctor/doors.hpp"
#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding examine(const Examination& examination, const Gateway& gateway, const Door& door) {
  const auto ours = our_entry(examination, gateway, door);
  if (!ours) return ok("");  // the check milter says so
  const auto version = option_of(*ours, "protocol", door, "milter_protocol");
  if (version == "6") return ok("");
  return failed("milter_protocol is " + version + " and must be 6", kSetup);
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto all = doors(*gateway);
  if (!all) return unanswered(all.error());
  Finding sum;
  for (const auto& door : *all) add(sum, *door.listener, examine(examination, *gateway, door));
  if (sum.status == CheckStatus::Ok) sum.seen = "Postfix and pams-milter speak version 6";
  return sum;
}

}  // namespace

extern const Check milter_protocol;
const Check milter_protocol{
    "milter_protocol",
    "With an older version Postfix offers less than the milter needs, which then refuses all mail.", true,
    run};

}  // namespace pams::milter::doctor
