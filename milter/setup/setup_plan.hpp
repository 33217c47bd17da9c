/// What a setup of an MTA changes, as data: planned by postfix/ and sendmail/, shown by pamsctl, carried out
/// with a backup. Any thread.
#pragma once

#include <string>
#include <vector>

namespace pams::milter::setup {

/// Table: a whole file. Include: a line of sendmail.mc. The others are Postfix's.
enum class ChangeKind { Table, Service, ServiceParameter, Parameter, Include };

struct Change {
  ChangeKind kind;
  std::string setting;  ///< a path, "pams/unix", "smtp/inet/cleanup_service_name", "smtpd_milters"
  std::string from;     ///< "" when it was not there
  std::string to;       ///< "" for a table: it is removed
  std::string why;
};

struct SetupPlan {
  std::vector<Change> changes;        ///< in the order in which they are safe to make
  std::vector<std::string> problems;  ///< why it cannot be applied; nothing is changed then
  std::vector<std::string> notes;     ///< what the operator should look at
  bool upgrades = false;              ///< turns a setup over that was made before messages were sealed
};

}  // namespace pams::milter::setup
