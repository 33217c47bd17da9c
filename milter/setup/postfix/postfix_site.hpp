/// A Postfix configuration as it was read, so that a setup can be planned without Postfix. Data only; any
/// thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "milter/mta/postfix/postfix_text.hpp"

namespace pams::milter::setup {

/// The cleanup service without the guard rules, for inbound listeners.
inline constexpr const char* kInboundCleanup = "pams-inbound";

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

}  // namespace pams::milter::setup
