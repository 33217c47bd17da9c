/// Who milter and relay are on this machine, and what such a user (or Postfix's) may do: asked by becoming
/// that user in a child process, so that the answer is the kernel's. For `pamsctl doctor`, which has one
/// thread; the daemon runs no check that needs this.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "milter/config/config.hpp"
#include "milter/doctor/check.hpp"
#include "milter/doctor/problem.hpp"

namespace pams::milter::doctor {

struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
  /// The running process's $CREDENTIALS_DIRECTORY: what systemd handed to its unit; "" when it has none, or
  /// when it may not be seen.
  std::string credentials;
};

struct Accounts {
  /// The running pams-milter's; when none runs, the socket's or the trace directory's owner, and last the
  /// user pams-milter. Failure::Misconfigured when there is none of them.
  Result<Account> milter;
  /// The running pams-relay's. Failure::Temporary when none runs: its unit may give it more than its user
  /// has.
  Result<Account> relay;
};
/// As they are on this machine.
Accounts accounts_of(const Settings& settings);

/// Whom a check asks for the milter: `examination.accounts`, or else this process.
Result<Account> milter_account(const Examination& examination);

/// A user of the system by name, with the groups that it has there.
Result<Account> account_named(const std::string& name);

/// The name, or the number of a group that has none.
std::string group_name(gid_t group);

/// What came of an attempt.
struct Attempt {
  std::optional<Problem> problem;  ///< that the user met; nullopt when all went well
  Doubt doubt = Doubt::None;       ///< not None: the attempt could not be made
  std::string why = {};            ///< why not
};
/// Lets `attempt` run in a child that is that user. Only root may become somebody else: for others
/// Doubt::NotAllowed. `root`: the directory that the child sees as "/"; "" for the real one.
Attempt attempt_as(const Account& account, const std::function<std::optional<Problem>()>& attempt,
                   const std::string& root = "");

}  // namespace pams::milter::doctor
