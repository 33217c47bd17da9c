#include "milter/doctor/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>

#include "milter/doctor/account.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/routing/cached_mta.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::chrono::seconds kTimeout(60);

constexpr std::string_view kAllMailWaits = "all mail to the outside waits";
constexpr std::string_view kFlaggedMailWaits = "flagged mail waits";
constexpr std::string_view kFlaggedMailStrays = "flagged mail may go astray, sealed";
/// The worst first.
constexpr std::array<std::string_view, 4> kConsequences{kNothingElse, kAllMailWaits, kFlaggedMailStrays,
                                                        kFlaggedMailWaits};

std::string_view consequence_of(const Check& check, const Config& config) {
  if (check.guards_routing && !config.settings.verify_route) return kFlaggedMailStrays;
  if (check.guards_all_mail) return kAllMailWaits;
  return check.guards_routing || check.stops_flagged_mail ? kFlaggedMailWaits : "";
}

/// What this user may not see is neither right nor wrong.
Finding as_told(Finding finding) {
  if (finding.doubt != Doubt::NotAllowed) return finding;
  finding.status = CheckStatus::Warn;
  finding.remedy = "run as root: pamsctl doctor";
  return finding;
}

Finding find(const Check& check, const Examination& examination) {
  try {
    return as_told(examine(check, examination));
  } catch (const std::exception& e) {
    return {.status = CheckStatus::Fail,
            .seen = std::string("the check could not be made: ") + e.what(),
            .remedy = "run pamsctl doctor again; if it stays so, report it as a bug of pams-milter",
            .doubt = Doubt::Late};
  }
}

/// Runs the checks, and remembers of what they failed.
class Diagnosis {
 public:
  explicit Diagnosis(const Examination& examination) : examination_(examination) {}

  std::vector<Outcome> run() {
    find_failed_prerequisite();
    for (const auto* check : checks())
      if (check->is_for(examination_.config.settings.mta)) outcomes_.push_back(look(*check));
    return std::move(outcomes_);
  }

 private:
  /// What asks the MTA's tools has nothing to say when they do not answer.
  void find_failed_prerequisite() {
    for (const auto* check : checks()) {
      if (!check->is_prerequisite || !check->is_for(examination_.config.settings.mta)) continue;
      auto outcome = told(*check, find(*check, examination_));
      if (outcome.finding.status != CheckStatus::Ok) prerequisite_ = std::move(outcome);
    }
  }

  Outcome look(const Check& check) {
    if (prerequisite_ && prerequisite_->id == check.id) return *prerequisite_;
    if (prerequisite_ && check.only) return following(check, prerequisite_->id);
    auto finding = find(check, examination_);
    if (finding.status == CheckStatus::Ok || finding.cause.empty()) return told(check, std::move(finding));
    const auto [first, is_new] = causes_.emplace(finding.cause, check.id);
    return is_new ? told(check, std::move(finding)) : following(check, first->second);
  }

  Outcome told(const Check& check, Finding finding) const {
    const bool fails = finding.status == CheckStatus::Fail;
    return {.id = check.id,
            .why = check.why,
            .finding = std::move(finding),
            .consequence = fails ? consequence_of(check, examination_.config) : ""};
  }

  Outcome following(const Check& check, std::string_view cause) const {
    return {.id = check.id,
            .why = check.why,
            .finding = {.status = CheckStatus::Warn,
                        .seen = "not looked at while " + std::string(cause) + " fails",
                        .remedy = "see " + std::string(cause)},
            .follows = cause,
            .consequence = consequence_of(check, examination_.config)};
  }

  const Examination& examination_;
  std::optional<Outcome> prerequisite_;
  std::map<std::string, std::string_view> causes_;  ///< and the first check that failed of each
  std::vector<Outcome> outcomes_;
};

}  // namespace

std::vector<Outcome> diagnose(const Config& config) {
  const auto& name = config.policy.pams.connector;
  const auto* connector = config.policy.connector(name);
  if (connector == nullptr)
    return {{.id = "connector",
             .why = "Flagged mail has no way out, and is refused or answered 451.",
             .finding = {.status = CheckStatus::Fail,
                         .seen = "[pams] connector '" + name + "' is not defined",
                         .remedy = "write it as [[outbound_connector]] into " + config.settings.file},
             .consequence = kFlaggedMailWaits}};
  const auto accounts = accounts_of(config.settings);
  const mta::Postfix postfix(config.settings.postfix_config);
  if (config.settings.mta == MtaKind::Sendmail) {
    const mta::Sendmail sendmail(config.settings);
    return Diagnosis({config, *connector, postfix, &sendmail, &accounts}).run();
  }
  const routing::CachedMta cached(postfix, kTimeout, std::chrono::steady_clock::now);
  return Diagnosis({.config = config, .connector = *connector, .mta = cached, .accounts = &accounts}).run();
}

Tally count(const std::vector<Outcome>& outcomes) {
  Tally tally;
  std::size_t worst = kConsequences.size();
  for (const auto& [id, why, finding, follows, consequence] : outcomes) {
    if (const auto* found = std::ranges::find(kConsequences, consequence); found != kConsequences.end())
      worst = std::min(worst, static_cast<std::size_t>(found - kConsequences.begin()));
    if (!follows.empty())
      ++tally.not_looked_at;
    else if (finding.status == CheckStatus::Fail)
      ++tally.failures;
    else if (finding.status == CheckStatus::Warn)
      ++tally.warnings;
    if (finding.doubt == Doubt::NotAllowed) ++tally.not_allowed;
  }
  if (worst < kConsequences.size()) tally.consequence = kConsequences[worst];
  return tally;
}

std::string counted(std::size_t number, const std::string& word) {
  return (number == 0 ? "no" : std::to_string(number)) + " " + word + (number == 1 ? "" : "s");
}

std::string summary(const Tally& tally) {
  auto text = counted(tally.failures, "failure") + ", " + counted(tally.warnings, "warning");
  if (tally.not_looked_at > 0) text += ", " + counted(tally.not_looked_at, "check") + " not looked at";
  if (!tally.consequence.empty() && tally.failures > 0) text += ": " + std::string(tally.consequence);
  return text;
}

}  // namespace pams::milter::doctor
