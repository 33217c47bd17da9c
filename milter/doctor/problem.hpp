/// What the system says of a file or a directory when something is tried with it, by number and place, and
/// what helps against it. To be asked as the user who needs it (account.hpp). Any thread.
#pragma once

#include <optional>
#include <string>

namespace pams::milter::doctor {

struct Account;

struct Problem {
  int error = 0;             ///< errno; 0: `what` alone tells
  std::string path;          ///< the file or directory that is at fault
  bool is_above = false;     ///< it is a directory on the way to what was asked about
  std::string what = {};     ///< more than the number says; "" when it says all
  std::string text() const;  ///< "/var/x: No space left on device"
};

/// Whether the calling user may read the file, or write into the directory; a few bytes are written there and
/// removed. nullopt when all is well.
std::optional<Problem> reading_problem(const std::string& file);
std::optional<Problem> writing_problem(const std::string& directory);

enum class Wanted { ReadFile, WriteFile, WriteDirectory };
/// A command that helps `account`; "" when none can be named.
std::string remedy_for(const Problem& problem, const Account& account, Wanted wanted);

/// The same for all checks that the one fault makes fail: a full disk is one cause for all of its
/// directories.
std::string cause_of(const Problem& problem);
/// The cause of what is wrong with the file system on which the path lies.
std::string disk_cause(const std::string& path);

}  // namespace pams::milter::doctor
