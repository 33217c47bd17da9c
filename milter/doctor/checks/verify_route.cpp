#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& settings = examination.config.settings;
  if (settings.verify_route) return ok("the milter holds flagged mail back while a routing check fails");
  return warn("verify_route = false: the milter trusts Postfix's settings blindly",
              "set [milter] verify_route = true in " + settings.file);
}

}  // namespace

extern constinit const Check verify_route{
    .id = "verify_route",
    .why = "A slip in Postfix's settings would bring people mail that they cannot read.",
    .only = std::nullopt,
    .run = run,
};

}  // namespace pams::milter::doctor
