/// What checks ask at every service through which mail comes into this Postfix: whether and how our milter is
/// named there. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "milter/doctor/check.hpp"

namespace pams::milter::doctor {

using ExamineListener = std::function<Finding(const Examination& examination, const mta::PostfixServices&,
                                              const MailListener& listener)>;
/// What `examine` finds at each listener, summed up; `all_good` is what was seen when nothing is wrong.
Finding examine_listeners(const Examination& examination, const ExamineListener& examine,
                          const std::string& all_good);

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

/// Sums up findings over services: all that is not in order, under the worst one's status and remedy.
void add(Finding& sum, const mta::Service& service, const Finding& finding);

}  // namespace pams::milter::doctor
