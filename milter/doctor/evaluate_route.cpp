#include "milter/doctor/evaluate_route.hpp"

#include "milter/base/file_stamp.hpp"
#include "milter/doctor/check.hpp"
#include "milter/doctor/checks/other_instances.hpp"
#include "milter/mta/postfix/postfix.hpp"

namespace pams::milter::doctor {
namespace {

constexpr std::chrono::seconds kTimeout{30};

tl::unexpected<Error> unverified(std::string_view check, const std::string& seen, const std::string& remedy) {
  return fail(Failure::Misconfigured, "route check " + std::string(check) + " fails: " + seen +
                                          (remedy.empty() ? "" : "; remedy: " + remedy));
}

using IsWanted = bool (*)(const Check& check);

/// Those that the others stand on come first: their remedy is the one that helps.
Status run_checks(const Examination& examination, IsWanted is_wanted) {
  for (const bool prerequisites : {true, false})
    for (const auto* check : checks()) {
      if (check->is_prerequisite != prerequisites || !is_wanted(*check) ||
          !check->is_for(examination.config.settings.mta))
        continue;
      const auto finding = examine(*check, examination);
      if (finding.status == CheckStatus::Fail) return unverified(check->id, finding.seen, finding.remedy);
    }
  return {};
}

void run_checks(const Examination& examination, routing::RouteEvaluation& evaluation) {
  evaluation.flag_survives =
      run_checks(examination, [](const Check& check) { return check.guards_all_mail; });
  evaluation.status = run_checks(
      examination, [](const Check& check) { return check.guards_all_mail || check.guards_routing; });
}

routing::RouteEvaluation evaluate_sendmail_route(const Config& config,
                                                 const rules::OutboundConnector& connector,
                                                 const mta::Mta& mta) {
  const mta::Sendmail sendmail(config.settings);
  routing::RouteEvaluation evaluation;
  for (const auto& path : {sendmail.cf(), sendmail.mc(), sendmail.feature(), config.settings.seal_key_file})
    evaluation.files.push_back(stamp_of(path));
  run_checks({config, connector, mta, &sendmail}, evaluation);
  // The rules may ask tables and class files of the site, which are not watched.
  evaluation.beyond_files = true;
  return evaluation;
}

}  // namespace

routing::RouteEvaluation evaluate_route(const Config& config, const rules::OutboundConnector& connector,
                                        const mta::Mta& mta) {
  if (config.settings.mta == MtaKind::Sendmail) return evaluate_sendmail_route(config, connector, mta);
  const routing::CachedMta cached(mta, kTimeout, std::chrono::steady_clock::now);
  cached.watch(config.settings.seal_key_file);
  for (const auto& directory : other_instances(mta.config_directory())) cached.watch(directory + "/main.cf");
  routing::RouteEvaluation evaluation;
  run_checks({config, connector, cached}, evaluation);
  evaluation.files = cached.files();
  evaluation.beyond_files = cached.asked_beyond_files();
  return evaluation;
}

namespace {

std::vector<FailedRouteCheck> failed_among(const Examination& examination) {
  std::vector<FailedRouteCheck> failed;
  for (const bool prerequisites : {true, false})
    for (const auto* check : checks()) {
      const bool is_asked = check->guards_routing || check->guards_all_mail;
      if (!is_asked || check->is_prerequisite != prerequisites ||
          !check->is_for(examination.config.settings.mta))
        continue;
      auto finding = check->run(examination);
      if (finding.status == CheckStatus::Fail) failed.push_back({check->id, std::move(finding)});
      if (prerequisites && !failed.empty()) return failed;
    }
  return failed;
}

}  // namespace

std::vector<FailedRouteCheck> failed_route_checks(const Config& config,
                                                  const rules::OutboundConnector& connector) {
  const mta::Postfix postfix(config.settings.postfix_config);
  const routing::CachedMta cached(postfix, kTimeout, std::chrono::steady_clock::now);
  const mta::Sendmail sendmail(config.settings);
  const bool is_sendmail = config.settings.mta == MtaKind::Sendmail;
  return failed_among({config, connector, cached, is_sendmail ? &sendmail : nullptr});
}

std::unique_ptr<routing::RouteGuard> make_route_verifier(std::shared_ptr<const Config> config) {
  auto postfix = std::make_shared<const mta::Postfix>(config->settings.postfix_config);
  return std::make_unique<routing::RouteVerifier>(
      [config = std::move(config), postfix = std::move(postfix)](const rules::OutboundConnector& connector) {
        return evaluate_route(*config, connector, *postfix);
      });
}

}  // namespace pams::milter::doctor
