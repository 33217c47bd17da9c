/// What the running milter says of itself when it is asked, as its user and within its sandbox: for `pamsctl
/// status`, doctor and programs. Its JSON is part of what pamsctl prints. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/base/result.hpp"

namespace pams::milter::control {

/// A routing check that fails, as the milter sees it.
struct FailedCheck {
  std::string id, seen, remedy;
};

/// Something that the milter must be able to read or to write, and has just tried.
struct Access {
  std::string what;  ///< "archive compliance", "mail log"
  std::string path;
  std::string problem;  ///< "" when it can
  std::string remedy;
  bool holds_mail = false;  ///< mail waits while it cannot
};

enum class RouteState { Verified, Unverified, NotChecked };

struct StatusReport {
  std::string version;
  std::string user;  ///< as which it runs
  std::string listen;
  std::string started;  ///< ISO 8601, UTC
  std::int64_t pid = 0;
  std::int64_t uptime = 0;       ///< seconds
  std::int64_t connections = 0;  ///< of MTAs, now
  std::int64_t messages = 0;     ///< that came to their end since the start

  std::string config_file;
  std::string loaded;  ///< when the configuration was read that it works with
  std::vector<std::string>
      changed;          ///< what differs in the files since: "/etc/pams-milter/rules.toml has changed"
  std::string refused;  ///< why the last reload was refused; "" when it was not

  std::string connector;  ///< the flagged mail's
  RouteState route = RouteState::NotChecked;
  std::string route_problem;  ///< why the routing is not verified
  std::vector<FailedCheck> failed_checks;

  std::vector<Access> access;
  std::string relay_problem;  ///< "" when the relay answers

  /// Why flagged mail, or other mail that needs what cannot be used, is answered 451 now; nothing when it is
  /// not.
  std::vector<std::string> why_mail_waits() const;
};

/// Longest texts and lists are cut, so that it fits an answer of the control socket.
std::string to_json(const StatusReport& report);
/// Failure::Temporary when it is none.
Result<StatusReport> read_status_report(const std::string& json);

}  // namespace pams::milter::control
