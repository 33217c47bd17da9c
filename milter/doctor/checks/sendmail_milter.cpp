#include <algorithm>

#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/routing/sendmail_feature.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

bool names_us(std::string_view list, char separator) {
  const auto names = text::split(list, separator);
  return std::ranges::any_of(names,
                             [](std::string_view name) { return text::trim(name) == routing::kFilterName; });
}

Finding run(const Examination& examination) {
  const auto& sendmail = *examination.sendmail;
  const auto cf = read_file(sendmail.cf());
  if (!cf) return unread(examination, sendmail.cf(), cf.error());
  const auto lines = cf_lines(*cf);
  const auto filter = cf_definition(lines, std::string("X") + routing::kFilterName);
  if (filter.empty()) return failed(sendmail.cf() + " does not know the milter", kSendmailSetup);
  const auto wanted = examination.config.settings.listen.for_libmilter();
  const auto socket = text::replace_all(equate(filter, 'S'), "local:", "unix:");
  if (socket != wanted)
    return failed("Sendmail looks for the milter at '" + socket + "', not '" + wanted + "'", kSendmailSetup);
  if (equate(filter, 'F') != "T")
    return failed("the milter's F= is '" + equate(filter, 'F') + "': mail passes while it is down",
                  kSendmailSetup);
  if (!names_us(cf_option(lines, "InputMailFilters"), ','))
    return failed("InputMailFilters does not name " + std::string(routing::kFilterName), kSendmailSetup);
  for (const auto& line : lines) {
    const auto at = line.find("InputMailFilters=");
    if (!line.starts_with("O DaemonPortOptions=") || at == std::string::npos) continue;
    const auto own = std::string_view(line).substr(at + 17);
    if (!names_us(own.substr(0, own.find(',')), ';'))
      return failed("a listener has InputMailFilters of its own, without pams-milter: " + line,
                    "add pams-milter to InputMailFilters= of that DAEMON_OPTIONS line in sendmail.mc");
  }
  return ok("all listeners ask pams-milter, and defer mail while it is down");
}

}  // namespace

extern constinit const Check sendmail_milter{
    .id = "sendmail_milter",
    .why = "Flagged mail would pass without the milter, in clear.",
    .guards_routing = true,
    .only = MtaKind::Sendmail,
    .run = run,
};

}  // namespace pams::milter::doctor
