#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/table_name.hpp"

namespace pams::milter::doctor {
namespace {

/// Ours come there when the parameter follows header_checks, as it does where nobody set it.
std::string remedy_for(const Examination& examination, const std::string& parameter, const std::string& map) {
  for (const auto& table : mta::tables_of(map))
    if (is_own_table(examination, table.rest)) return kSetup;
  return "take that rule out of " + map + ", or " + map + " out of " + parameter + "; then postfix reload";
}

/// Whether these tables would reroute a message because of a header inside one of its parts.
Finding examine(const Examination& examination, const std::string& parameter, const std::string& maps) {
  auto headers = sealed_headers(examination.connector.transport);
  headers.push_back(examination.config.policy.pams.header + ": x");
  for (const auto& header : headers) {
    const auto answer = first_answer(examination.mta, maps, header);
    if (!answer) return unanswered(answer.error());
    if (*answer && (*answer)->action.starts_with("FILTER"))
      return failed(parameter + ": " + (*answer)->map + " reroutes on a header inside an attachment",
                    remedy_for(examination, parameter, (*answer)->map));
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
