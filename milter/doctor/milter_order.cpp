#include "milter/connector/postfix_text.hpp"
#include "milter/doctor/doors.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// The door's list with our entry in front, as a command. postconf -P takes no blanks in a value.
std::string remedy_for(const Gateway& gateway, const Door& door, const OurEntry& ours) {
  auto elements = split_list(door.milters());
  const auto own = elements[ours.position];
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(ours.position));
  elements.insert(elements.begin(), own);
  if (!gateway.overrides(*door.scope, door.parameter))
    return "postconf -e '" + door.parameter + "=" + text::join(elements, ", ") + "' && postfix reload";
  auto list = text::join(elements, ",");
  std::erase_if(list, [](char c) { return c == ' '; });
  return "postconf -P '" + door.scope->key() + "/" + door.parameter + "=" + list + "' && postfix reload";
}

Finding examine(const Examination& examination, const Gateway& gateway, const Door& door) {
  const auto ours = our_entry(examination, gateway, door);
  if (!ours || ours->position == 0) return ok("");
  std::vector<std::string> before;
  for (const auto& element : split_list(door.milters()))
    if (before.size() < ours->position) before.push_back(parse_milter(element).address);
  return warn("in front of pams-milter stands " + text::join(before, ", ") +
                  ": it signs or judges what pams-milter then changes",
              remedy_for(gateway, door, *ours));
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto all = doors(*gateway);
  if (!all) return unanswered(all.error());
  Finding sum;
  for (const auto& door : *all) add(sum, *door.listener, examine(examination, *gateway, door));
  if (sum.status == CheckStatus::Ok) sum.seen = "pams-milter comes before other milters";
  return sum;
}

}  // namespace

extern const Check milter_order;
const Check milter_order{"milter_order",
                         "A DKIM signer must come after pams-milter: a disclaimer breaks the signature.",
                         false, run};

}  // namespace pams::milter::doctor
