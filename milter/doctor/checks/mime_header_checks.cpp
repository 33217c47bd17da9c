#include "milter/doctor/checks/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

/// Whether these tables would reroute a message because of a header inside one of its parts.
Finding examine(const Examination& examination, const std::string& parameter, const std::string& maps) {
  auto headers = sealed_headers(examination.connector.transport);
  headers.push_back(examination.config.policy.pams.header + ": x");
  for (const auto& header : headers) {
    const auto answer = first_answer(examination.mta, maps, header);
    if (!answer) return unanswered(answer.error());
    if (*answer && (*answer)->action.starts_with("FILTER"))
      return failed(parameter + ": " + (*answer)->map + " reroutes on a header inside an attachment", kSetup);
  }
  return ok("");
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& cleanups = examination.postfix.cleanups();
  if (!cleanups) return unanswered(cleanups.error());
  for (const auto* cleanup : *cleanups) {
    const auto values = services->values(*cleanup, {"mime_header_checks", "nested_header_checks"});
    if (!values) return unanswered(values.error());
    for (const auto& [name, maps] : *values)
      if (const auto finding = examine(examination, cleanup->key() + " " + name, maps);
          finding.status != CheckStatus::Ok)
        return finding;
  }
  return ok("headers inside attachments do not reroute a message");
}

}  // namespace

extern constinit const Check mime_header_checks{
    .id = "mime_header_checks",
    .why =
        "Both default to header_checks: a message that merely carries a flagged one would never be delivered.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
