/// Every door through which mail comes into this Postfix, with the settings that decide which milters see
/// what comes in there. A view of one moment, over a Gateway that outlives it. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/connector/gateway.hpp"
#include "milter/doctor/check.hpp"

namespace pams::milter::doctor {

struct Door {
  const Service* listener;
  const Service* scope;   ///< whose process reads the milter list: smtpd itself, or cleanup for local mail
  std::string parameter;  ///< smtpd_milters or non_smtpd_milters
  Parameters values;      ///< as they hold there
  const std::string& milters() const { return values.at(parameter); }
  bool has_proxy() const;  ///< smtpd hands the content to a program, past milters and header_checks
};

Result<std::vector<Door>> doors(const Gateway& gateway);

/// Our entry in a door's milter list, and its place.
struct OurEntry {
  MilterEntry entry;
  std::size_t position;
};
std::optional<OurEntry> our_entry(const Examination& examination, const Gateway& gateway, const Door& door);

/// What holds for the entry: its own option, or else the door's parameter.
std::string option_of(const OurEntry& ours, const std::string& option, const Door& door,
                      const std::string& parameter);

/// Sums up findings over the doors: all that is not in order, under the worst one's status and remedy.
void add(Finding& sum, const Service& listener, const Finding& finding);

}  // namespace pams::milter::doctor
