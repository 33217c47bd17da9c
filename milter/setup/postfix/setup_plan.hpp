/// What must change in a Postfix so that it carries the routing: the site as it is in, changes as data out.
/// The site's own milters, tables and settings stay. Pure (the reading is in setup.hpp); any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::setup {

/// The cleanup service without the net, for inbound listeners.
inline constexpr const char* kInboundCleanup = "pams-inbound";

/// A Postfix configuration as it was read.
struct Site {
  std::string config_directory;
  std::string queue_directory;
  bool dash_means_chroot = false;  ///< compatibility_level 0
  std::vector<std::string> map_types;
  std::map<std::string, std::string> written;    ///< main.cf values, macros not expanded
  std::map<std::string, std::string> effective;  ///< the same, expanded
  std::vector<mta::Service> services;
  std::vector<mta::ServiceParameter> service_parameters;
  std::map<std::string, std::string> tables;  ///< ours that are there as setup makes them, by path
  std::vector<std::string> former_tables;     ///< of a setup before messages were sealed: paths
};

/// The main.cf parameters that a Site must hold for `policy`.
std::vector<std::string> parameters_of_interest(const rules::Policy& policy);

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

/// `outbound`: the listeners whose mail gets the net, by name ("submission") or name and type
/// ("smtp/inet"). Empty: no listener is moved; those with a cleanup of ours keep it.
SetupPlan plan_setup(const Config& config, const std::vector<std::string>& outbound, const Site& site);

}  // namespace pams::milter::setup
