#include "milter/config/route_token.hpp"

#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& path = examination.config.settings.route_token_file;
  const auto token = read_route_token(path);
  if (token) return ok(path + " holds a token that others cannot read");
  auto finding = unanswered(token.error());
  if (!finding.unseen) finding.remedy = "pamsctl setup postfix --apply";
  return finding;
}

}  // namespace

extern const Check route_token;
const Check route_token{"route_token",
                        "Without the token no route marker is believed; whoever knows it can route mail.",
                        true, run};

}  // namespace pams::milter::doctor
