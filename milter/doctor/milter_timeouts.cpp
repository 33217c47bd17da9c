#include <charconv>

#include "milter/doctor/doors.hpp"
#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

constexpr unsigned long kLeastContent = 60, kLeastCommand = 10;

/// Postfix's times: a number with s (the default), m, h, d or w. 0 for what is none.
unsigned long seconds(const std::string& time) {
  unsigned long value = 0;
  const auto end = std::from_chars(time.data(), time.data() + time.size(), value).ptr;
  switch (end == time.data() + time.size() ? 's' : *end) {
    case 's':
      return value;
    case 'm':
      return value * 60;
    case 'h':
      return value * 3600;
    case 'd':
      return value * 86400;
    case 'w':
      return value * 604800;
    default:
      return 0;
  }
}

Finding examine(const Examination& examination, const Gateway& gateway, const Door& door) {
  const auto ours = our_entry(examination, gateway, door);
  if (!ours) return ok("");
  const auto content = option_of(*ours, "content_timeout", door, "milter_content_timeout");
  const auto command = option_of(*ours, "command_timeout", door, "milter_command_timeout");
  if (seconds(content) < kLeastContent) return warn("content_timeout is " + content, kSetup);
  if (seconds(command) < kLeastCommand) return warn("command_timeout is " + command, kSetup);
  return ok("");
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto all = doors(*gateway);
  if (!all) return unanswered(all.error());
  Finding sum;
  for (const auto& door : *all) add(sum, *door.listener, examine(examination, *gateway, door));
  if (sum.status == CheckStatus::Ok) sum.seen = "Postfix waits long enough for the milter";
  return sum;
}

}  // namespace

extern const Check milter_timeouts;
const Check milter_timeouts{
    "milter_timeouts",
    "Postfix answers 451 to a message that the milter has already archived and let pass: it comes twice.",
    false, run};

}  // namespace pams::milter::doctor
