#include "milter/doctor/checks/listeners.hpp"

#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_text.hpp"

namespace pams::milter::doctor {

Finding examine_listeners(const Examination& examination, const ExamineListener& examine,
                          const std::string& all_good) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  const auto& all = examination.postfix.listeners();
  if (!all) return unanswered(all.error());
  Finding sum;
  for (const auto& listener : *all) add(sum, *listener.service, examine(examination, *services, listener));
  if (sum.status == CheckStatus::Ok) sum.seen = all_good;
  return sum;
}

std::optional<OurEntry> our_entry(const Examination& examination, const mta::PostfixServices& services,
                                  const MailListener& listener) {
  const auto elements = mta::split_list(listener.milters());
  for (std::size_t at = 0; at < elements.size(); ++at) {
    auto entry = mta::parse_milter(elements[at]);
    if (services.reaches(*listener.scope, entry.address, examination.config.settings.listen))
      return OurEntry{std::move(entry), at};
  }
  return std::nullopt;
}

std::string option_of(const OurEntry& ours, const std::string& option, const MailListener& listener,
                      const std::string& parameter) {
  const auto own = ours.entry.options.find(option);
  return own == ours.entry.options.end() ? listener.values.at(parameter) : own->second;
}

void add(Finding& sum, const mta::Service& service, const Finding& finding) {
  if (finding.status == CheckStatus::Ok) return;
  const bool is_surer =
      finding.status == sum.status && sum.doubt != Doubt::None && finding.doubt == Doubt::None;
  if (finding.status > sum.status || is_surer) {
    sum.status = finding.status;
    sum.remedy = finding.remedy;
    sum.doubt = finding.doubt;
    sum.cause = finding.cause;
  }
  sum.seen += (sum.seen.empty() ? "" : "; ") + service.key() + ": " + finding.seen;
}

}  // namespace pams::milter::doctor
