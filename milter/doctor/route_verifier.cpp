#include "milter/doctor/route_verifier.hpp"

#include <algorithm>
#include <exception>

#include "milter/config/route_token.hpp"
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

Status run_checks(const Examination& examination) {
  for (const auto* check : checks()) {
    if (!check->routing || !check->is_for(examination.config.settings.mta)) continue;
    const auto finding = check->run(examination);
    if (finding.status == CheckStatus::Fail) return unverified(check->id, finding.seen, finding.remedy);
  }
  return {};
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
    return {unverified("evaluation", error.what(), ""), {}, false};
  } catch (...) {
    return {unverified("evaluation", "unknown exception", ""), {}, false};
  }
}

Status RouteVerifier::verified(const rules::OutboundConnector& connector) {
  const std::scoped_lock lock(mutex_);
  const auto known = known_.find(connector.name);
  if (known != known_.end() && still_holds(known->second)) return known->second.evaluation.status;
  auto evaluation = evaluate_now(connector);
  // The age counts from the end: a slow evaluation that fails is not begun again at once.
  return known_.insert_or_assign(connector.name, Known{std::move(evaluation), clock_()})
      .first->second.evaluation.status;
}

namespace {

/// Sendmail needs no token: its route is no secret, and no client may use it.
RouteEvaluation evaluate_sendmail_route(const Config& config, const rules::OutboundConnector& connector,
                                        const Mta& mta) {
  const Sendmail sendmail(config.settings);
  RouteEvaluation evaluation;
  for (const auto& path : {sendmail.cf(), sendmail.mc(), sendmail.feature(), connector.tls_ca_file})
    evaluation.files.push_back(stamp_of(path));
  evaluation.status = run_checks({config, connector, "", mta, &sendmail});
  // The rules may ask tables and class files of the site, which are not watched.
  evaluation.beyond_files = true;
  return evaluation;
}

}  // namespace

RouteEvaluation evaluate_route(const Config& config, const rules::OutboundConnector& connector,
                               const Mta& mta) {
  if (config.settings.mta == MtaKind::Sendmail) return evaluate_sendmail_route(config, connector, mta);
  const RememberedMta remembered(mta, kPatience, std::chrono::steady_clock::now);
  remembered.watch(config.settings.route_token_file);
  remembered.watch(connector.tls_ca_file);
  for (const auto& folder : other_instances(mta.config_directory())) remembered.watch(folder + "/main.cf");
  RouteEvaluation evaluation;
  const auto token = read_route_token(config.settings.route_token_file).value_or("");
  evaluation.status = run_checks({config, connector, token, remembered});
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
