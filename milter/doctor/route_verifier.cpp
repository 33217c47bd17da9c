#include "milter/doctor/route_verifier.hpp"

#include <algorithm>
#include <exception>

#include "milter/connector/postfix.hpp"
#include "milter/doctor/check.hpp"
#include "milter/doctor/instances.hpp"

namespace pams::milter::doctor {
namespace {

using std::chrono::seconds;
constexpr seconds kRetryFailing{5};
constexpr seconds kBelieveServers{60};
constexpr seconds kPatience{30};

tl::unexpected<Error> unverified(std::string_view check, const std::string& seen, const std::string& remedy) {
  return fail(Failure::Misconfigured, "route check " + std::string(check) + " fails: " + seen +
                                          (remedy.empty() ? "" : "; remedy: " + remedy));
}

Status run_checks(const Examination& examination, bool only_guards_of_all) {
  for (const auto* check : checks()) {
    const bool wanted = check->guards_all_mail || (check->routing && !only_guards_of_all);
    if (!wanted || !check->is_for(examination.config.settings.mta)) continue;
    const auto finding = check->run(examination);
    if (finding.status == CheckStatus::Fail) return unverified(check->id, finding.seen, finding.remedy);
  }
  return {};
}

void run_checks(const Examination& examination, RouteEvaluation& evaluation) {
  evaluation.flag_survives = run_checks(examination, true);
  evaluation.status = run_checks(examination, false);  // asks the same again, and in order
}

RouteEvaluation not_evaluated(const std::string& why) {
  const Status status = unverified("evaluation", why, "");
  return {status, {}, false, status};
}

}  // namespace

RouteVerifier::RouteVerifier(Evaluate evaluate, Clock clock)
    : evaluate_(std::move(evaluate)), clock_(std::move(clock)) {}

bool RouteVerifier::still_holds(const Known& known) const {
  const auto age = clock_() - known.at;
  if (!known.evaluation.status && age >= kRetryFailing) return false;
  if (known.evaluation.beyond_files && age >= kBelieveServers) return false;
  return std::ranges::all_of(known.evaluation.files,
                             [](const FileStamp& stamp) { return stamp == stamp_of(stamp.path); });
}

RouteEvaluation RouteVerifier::evaluate_now(const rules::OutboundConnector& connector) const {
  try {
    return evaluate_(connector);
  } catch (const std::exception& error) {
    return not_evaluated(error.what());
  } catch (...) {
    return not_evaluated("unknown exception");
  }
}

Status RouteVerifier::verified(const rules::OutboundConnector& connector) {
  return evaluation_of(connector).status;
}

Status RouteVerifier::flag_survives(const rules::OutboundConnector& connector) {
  return evaluation_of(connector).flag_survives;
}

RouteEvaluation RouteVerifier::evaluation_of(const rules::OutboundConnector& connector) {
  const std::scoped_lock lock(mutex_);
  const auto known = known_.find(connector.name);
  if (known != known_.end() && still_holds(known->second)) return known->second.evaluation;
  auto evaluation = evaluate_now(connector);
  // The age counts from the end: a slow evaluation that fails is not begun again at once.
  return known_.insert_or_assign(connector.name, Known{std::move(evaluation), clock_()})
      .first->second.evaluation;
}

namespace {

RouteEvaluation evaluate_sendmail_route(const Config& config, const rules::OutboundConnector& connector,
                                        const Mta& mta) {
  const Sendmail sendmail(config.settings);
  RouteEvaluation evaluation;
  for (const auto& path : {sendmail.cf(), sendmail.mc(), sendmail.feature(), config.settings.seal_key_file})
    evaluation.files.push_back(stamp_of(path));
  run_checks({config, connector, mta, &sendmail}, evaluation);
  // The rules may ask tables and class files of the site, which are not watched.
  evaluation.beyond_files = true;
  return evaluation;
}

}  // namespace

RouteEvaluation evaluate_route(const Config& config, const rules::OutboundConnector& connector,
                               const Mta& mta) {
  if (config.settings.mta == MtaKind::Sendmail) return evaluate_sendmail_route(config, connector, mta);
  const RememberedMta remembered(mta, kPatience, std::chrono::steady_clock::now);
  remembered.watch(config.settings.seal_key_file);
  for (const auto& folder : other_instances(mta.config_directory())) remembered.watch(folder + "/main.cf");
  RouteEvaluation evaluation;
  run_checks({config, connector, remembered}, evaluation);
  evaluation.files = remembered.files();
  evaluation.beyond_files = remembered.asked_beyond_files();
  return evaluation;
}

std::unique_ptr<RouteGuard> make_route_verifier(std::shared_ptr<const Config> config) {
  auto postfix = std::make_shared<const Postfix>(config->settings.postfix_config);
  return std::make_unique<RouteVerifier>(
      [config = std::move(config), postfix = std::move(postfix)](const rules::OutboundConnector& connector) {
        return evaluate_route(*config, connector, *postfix);
      });
}

}  // namespace pams::milter::doctor
