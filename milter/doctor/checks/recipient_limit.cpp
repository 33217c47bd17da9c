#include "milter/base/parse_number.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/routing/postfix_settings.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::uint64_t kPostfixDefault = 50;

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  if (services->find(examination.connector.transport, "unix") == nullptr)
    return no_transport(examination.connector);  // Postfix does not know its parameters then
  const auto name = examination.connector.transport + "_destination_recipient_limit";
  const auto value = examination.mta.parameter(name);
  if (!value) return unanswered(value.error());
  const auto limit = leading_number<std::uint64_t>(*value).value_or(kPostfixDefault);
  if (limit < examination.config.policy.limits.recipients)
    return failed(name + " is " + std::to_string(limit) + ": a message with more recipients is split",
                  "postconf -e " + name + "=" +
                      std::to_string(routing::needed_recipient_limit(examination.config.policy)) +
                      " && postfix reload");
  return ok(name + " is " + std::to_string(limit));
}

}  // namespace

extern constinit const Check recipient_limit{
    .id = "recipient_limit",
    .why = "A flagged message must reach the smart host in one transaction.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
