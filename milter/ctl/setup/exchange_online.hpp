/// `pamsctl setup exchange-online`: what a Microsoft 365 tenant needs so that Exchange Online hands flagged
/// mail to this gateway: an outbound connector, a mail flow rule, sizes and what to look at, as PowerShell
/// and as the steps of the Exchange admin center beside those of Zivver's guide. Text only: nothing is asked
/// of the tenant or changed there. What this gateway cannot know is a variable that must be filled in; the
/// script stops while it is not.
///
/// Pure but for run_exchange_online. Any thread. Source: New-OutboundConnector and
/// New-TransportRule, and packaging/doc/from-exchange-online.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "milter/config/config.hpp"

namespace pams::milter::ctl {

struct TenantSteps {
  std::string powershell;               ///< to be pasted; every value is quoted
  std::vector<std::string> eac;         ///< one step each
  std::vector<std::string> to_fill_in;  ///< variables of the script
  std::vector<std::string> warnings;    ///< what is not in order on this gateway yet
};

/// `gateway`: the name under which the world reaches it, "" when that is not known.
TenantSteps exchange_online_steps(const Config& config, const std::string& gateway);

/// A PowerShell literal that stands for exactly `value` with control characters and the like escaped.
/// PowerShell takes typographic single quotes for plain ones, so these are doubled too.
std::string powershell_quoted(std::string_view value);

/// Prints the steps; the exit code.
int run_exchange_online(const Config& config, bool as_json);

}  // namespace pams::milter::ctl
