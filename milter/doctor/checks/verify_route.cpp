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

extern const Check verify_route;
const Check verify_route{"verify_route",
                         "A slip in Postfix's settings would bring people mail that they cannot read.", false,
                         run, std::nullopt};

}  // namespace pams::milter::doctor
