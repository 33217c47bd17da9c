/// What a user of the system sees: in a child process that has become that user. Root only; throws when it
/// cannot be.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "milter/doctor/account.hpp"

namespace pams::test {

inline std::string as_user(const std::string& name, const std::function<std::string()>& look) {
  const auto attempt = milter::doctor::attempt_as(milter::doctor::account_named(name).value(), [&] {
    milter::doctor::Problem seen;
    seen.what = look();
    return std::optional(seen);
  });
  if (!attempt.problem) throw std::runtime_error("not tried as " + name + ": " + attempt.why);
  return attempt.problem->what;
}

}  // namespace pams::test
