#include "milter/doctor/check.hpp"

#include "milter/doctor/explain_doubt.hpp"

namespace pams::milter::doctor {

std::string_view to_string(CheckStatus status) {
  switch (status) {
    case CheckStatus::Ok:
      return "ok";
    case CheckStatus::Warn:
      return "warn";
    case CheckStatus::Fail:
      break;
  }
  return "fail";
}

Finding examine(const Check& check, const Examination& examination) {
  auto finding = check.run(examination);
  if (finding.doubt != Doubt::None && finding.remedy.empty()) explain_doubt(examination, finding);
  return finding;
}

}  // namespace pams::milter::doctor
