#include "milter/doctor/check.hpp"

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

}  // namespace pams::milter::doctor
