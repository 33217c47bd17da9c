#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const std::string remedy = "postconf -M 'retry/unix=retry unix - - n - - error' && postfix reload";
  const auto* service = services->find("retry", "unix");
  if (service == nullptr) return failed("master.cf has no retry/unix service", remedy);
  // Any other program would take the guard rule's text for a host to deliver to.
  if (service->command != "error")
    return failed("retry/unix runs " + service->command + ", not error", remedy);
  return ok("retry/unix keeps mail in the queue");
}

}  // namespace

extern constinit const Check retry_service{
    .id = "retry_service",
    .why = "What the guard rules hold would have nowhere to wait.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
