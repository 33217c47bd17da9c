#include "milter/base/parse_number.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_services.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const mta::Service& service, const std::string& value) {
  const auto limit = leading_number<std::uint64_t>(value).value_or(0);
  const auto needed = routing::needed_message_size(examination.config.policy);
  const auto seen = service.key() + ": message_size_limit is " + value;
  const auto setting = "message_size_limit=" + std::to_string(needed);
  const auto remedy =
      (services.overrides(service, "message_size_limit") ? "postconf -P " + service.key() + "/" + setting
                                                         : "postconf -e " + setting) +
      " && postfix reload";
  if (limit == 0 || limit >= needed) return ok("");  // 0: no limit
  return failed(
      seen + ", and the connector's largest message needs " + std::to_string(needed) + " when it is sealed",
      remedy);
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  auto all = services->listeners();
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  all.insert(all.end(), cleanups->begin(), cleanups->end());
  for (const auto* service : all) {
    const auto value = services->value(*service, "message_size_limit");
    if (!value) return unanswered(value.error());
    if (auto finding = examine(examination, *services, *service, *value); finding.status != CheckStatus::Ok)
      return finding;
  }
  return ok("Postfix takes what the connector takes, also when it is sealed");
}

}  // namespace

extern constinit const Check message_size{
    .id = "message_size",
    .why = "Postfix refuses a message that became too long, with 552, after the milter archived it.",
    .run = run,
};

}  // namespace pams::milter::doctor
