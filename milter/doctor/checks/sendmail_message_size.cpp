#include "milter/base/parse_number.hpp"
#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto file = examination.sendmail->cf();
  const auto cf = read_file(file);
  if (!cf) return unread(examination, file, cf.error());
  const auto value = cf_option(cf_lines(*cf), "MaxMessageSize");
  const auto limit = leading_number<std::uint64_t>(value).value_or(0);
  const auto needed = routing::needed_message_size(examination.config.policy);
  if (limit == 0 || limit >= needed) return ok("Sendmail takes what the connector takes");  // 0: no limit
  return failed(file + ": MaxMessageSize is " + value + ", and the connector takes " +
                    std::to_string(examination.connector.max_message_size) + " and what disclaimers add",
                "write define(`confMAX_MESSAGE_SIZE', `" + std::to_string(needed) +
                    "') in sendmail.mc, then make -C /etc/mail && service sendmail restart");
}

}  // namespace

extern constinit const Check sendmail_message_size{
    .id = "sendmail_message_size",
    .why = "Sendmail refuses, with 552, a message that the connector would take.",
    .only = MtaKind::Sendmail,
    .run = run,
};

}  // namespace pams::milter::doctor
