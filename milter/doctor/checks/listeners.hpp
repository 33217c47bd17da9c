/// Every service through which mail comes into this Postfix, with the settings that decide which milters see
/// what comes in there. A view of one moment, over a PostfixServices that outlives it. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/doctor/check.hpp"
#include "milter/mta/postfix/postfix_services.hpp"

namespace pams::milter::doctor {

struct MailListener {
  const mta::Service* service;
  const mta::Service*
      scope;               ///< whose process reads the milter list: smtpd itself, or cleanup for local mail
  std::string parameter;   ///< smtpd_milters or non_smtpd_milters
  mta::Parameters values;  ///< as they hold there
  const std::string& milters() const { return values.at(parameter); }
  bool has_proxy() const;  ///< smtpd hands the content to a program, past milters and header_checks
};

Result<std::vector<MailListener>> listeners(const mta::PostfixServices& services);

/// Our entry in a listener's milter list, and its place.
struct OurEntry {
  mta::MilterEntry entry;
  std::size_t position;
};
std::optional<OurEntry> our_entry(const Examination& examination, const mta::PostfixServices& services,
                                  const MailListener& listener);

/// What holds for the entry: its own option, or else the listener's parameter.
std::string option_of(const OurEntry& ours, const std::string& option, const MailListener& listener,
                      const std::string& parameter);

/// Sums up findings over the listeners: all that is not in order, under the worst one's status and remedy.
void add(Finding& sum, const mta::Service& service, const Finding& finding);

}  // namespace pams::milter::doctor
