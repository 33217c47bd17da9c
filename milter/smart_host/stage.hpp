/// What became of one of the questions put to a smart host. Values; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pams::milter::smart_host {

enum class StageStatus { Ok, Fail, Skipped };

/// "ok", "fail", "skipped"
constexpr std::string_view to_string(StageStatus status) {
  switch (status) {
    case StageStatus::Ok:
      return "ok";
    case StageStatus::Fail:
      return "fail";
    case StageStatus::Skipped:
      break;
  }
  return "skipped";
}

struct StageReport {
  std::string_view stage;
  StageStatus status = StageStatus::Skipped;
  std::string reason;
};

}  // namespace pams::milter::smart_host
