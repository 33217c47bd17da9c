/// All checks, one after the other, as an operator wants to hear of them: what one cause makes fail is told
/// once, and what could not be looked at does not count as a failure of its own. One thread.
#pragma once

#include <string>
#include <vector>

#include "milter/doctor/check.hpp"

namespace pams::milter::doctor {

struct Outcome {
  std::string_view id;
  std::string_view why;
  Finding finding;
  /// The check whose failure is the cause of this one's; "" when it has its own. The status is Warn then.
  std::string_view follows = {};
  std::string_view consequence = {};  ///< what waits while it fails; "" for nothing
};

/// The consequence of a configuration that cannot be used.
inline constexpr std::string_view kNothingElse = "nothing else was looked at";

std::vector<Outcome> diagnose(const Config& config);

/// How many there are, without those that follow from another one.
struct Tally {
  std::size_t failures = 0;
  std::size_t warnings = 0;
  std::size_t not_looked_at = 0;  ///< those that follow
  std::size_t not_allowed = 0;    ///< warnings about what only root may see
  std::string_view consequence = {};
};
Tally count(const std::vector<Outcome>& outcomes);

/// "no errors", "1 error", "2 errors"
std::string counted(std::size_t number, const std::string& word);

/// "2 failures, 1 warning: flagged mail waits"
std::string summary(const Tally& tally);

}  // namespace pams::milter::doctor
