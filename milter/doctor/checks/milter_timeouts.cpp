#include "milter/base/parse_number.hpp"
#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

constexpr unsigned long kMinContent = 60, kMinCommand = 10;

/// Postfix's times: a number with s (the default), m, h, d or w. 0 for what is none.
unsigned long seconds(const std::string& time) {
  const auto value = leading_number<unsigned long>(time).value_or(0);
  const auto unit = time.find_first_not_of("0123456789");
  switch (unit == std::string::npos ? 's' : time[unit]) {
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

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener) {
  const auto ours = our_entry(examination, services, listener);
  if (!ours) return ok("");
  const auto content = option_of(*ours, "content_timeout", listener, "milter_content_timeout");
  const auto command = option_of(*ours, "command_timeout", listener, "milter_command_timeout");
  if (seconds(content) < kMinContent) return warn("content_timeout is " + content, kSetup);
  if (seconds(command) < kMinCommand) return warn("command_timeout is " + command, kSetup);
  return ok("");
}

Finding run(const Examination& examination) {
  return examine_listeners(examination, examine, "Postfix waits long enough for the milter");
}

}  // namespace

extern constinit const Check milter_timeouts{
    .id = "milter_timeouts",
    .why =
        "Postfix answers 451 to a message that the milter has already archived and let pass: it comes twice.",
    .run = run,
};

}  // namespace pams::milter::doctor
