#include "milter/setup/sendmail/sendmail_setup.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "milter/config/files.hpp"
#include "milter/mta/sendmail/sendmail_queue.hpp"
#include "milter/routing/route.hpp"
#include "milter/routing/sendmail_feature.hpp"
#include "milter/setup/backup.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::setup {
namespace {

/// Sendmail itself verified the smart host, before messages were sealed.
constexpr const char* kFormerRuleset = "\nSPams_tls\n";

bool is_on(std::string_view line, std::string_view beginning) {
  return text::trim(line).starts_with(beginning);
}

Owner owner_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {geteuid(), getegid(), 0644};
  return {status.st_uid, status.st_gid, status.st_mode & 07777U};
}

std::string without_line(const std::string& mc, const std::string& line) {
  std::string out;
  for (const auto one : text::split(mc, '\n'))
    if (text::trim(one) != line) out += std::string(one) + "\n";
  if (!out.empty()) out.pop_back();  // split() gives the empty text after the last line feed
  return out;
}

Status take_out(const Change& change) {
  const auto& path = change.setting;
  if (change.kind == ChangeKind::Table)
    return unlink(path.c_str()) == 0 ? Status{}
                                     : fail(Failure::Misconfigured, path + " could not be removed");
  const auto mc = read_file(path);
  if (!mc) return tl::unexpected(mc.error());
  return replace_file(path, without_line(*mc, change.from), owner_of(path));
}

Status make_change(const Change& change) {
  const auto& path = change.setting;
  if (change.to.empty()) return take_out(change);
  if (change.kind == ChangeKind::Table) return replace_file(path, change.to, owner_of(path));
  const auto mc = read_file(path);
  if (!mc) return tl::unexpected(mc.error());
  const auto changed = with_include(*mc, change.to);
  if (!changed) return fail(Failure::Misconfigured, path + " has no OSTYPE line any more");
  return replace_file(path, *changed, owner_of(path));
}

/// pams-relay refuses what was queued before mail was sealed, and on a port Sendmail might bring it to its
/// FallbackSmartHost instead.
void refuse_former_mail(const std::string& feature, const mta::Sendmail& sendmail, SetupPlan& plan) {
  if (feature.find(kFormerRuleset) == std::string::npos) return;
  const auto waiting = mta::read_queue(sendmail);
  if (!waiting)
    plan.problems.push_back("the queue could not be looked through: " + waiting.error().what);
  else if (mta::has_recipient_below(*waiting, routing::kRouteDomain))
    plan.problems.emplace_back(
        "mail of the former setup is in the queue, not sealed, and pams-relay would refuse it: stop pams-milter (senders get 451 and try again), wait until mailq shows no pams-route.invalid, then run this again and start it");
}

}  // namespace

std::string include_line(const mta::Sendmail& sendmail) { return "include(`" + sendmail.feature() + "')dnl"; }

std::optional<std::string> with_include(const std::string& mc, const std::string& line) {
  std::string out;
  bool placed = false;
  for (const auto one : text::split(mc, '\n')) {
    if (text::trim(one) == line) return mc;
    out += std::string(one) + "\n";
    if (placed || !is_on(one, "OSTYPE(")) continue;
    out += line + "\n";
    placed = true;
  }
  if (!placed) return std::nullopt;
  out.pop_back();  // split() gives the empty text after the last line feed
  return out;
}

SetupPlan plan_sendmail_setup(const Config& config, const mta::Sendmail& sendmail) {
  SetupPlan plan;
  plan.problems = routing::sendmail_obstacles(config);
  if (sendmail.feature().find_first_of("`',") != std::string::npos)
    plan.problems.push_back(sendmail.directory() + " holds a quote or a comma, which m4 cannot take");
  const auto feature = read_file(sendmail.feature());
  const auto wanted = routing::sendmail_feature(config);
  if (feature) refuse_former_mail(*feature, sendmail, plan);
  if (!feature || *feature != wanted)
    plan.changes.push_back({ChangeKind::Table, sendmail.feature(), feature ? *feature : "", wanted,
                            "the milter, and the mailers that bring sealed mail to pams-relay"});
  const auto line = include_line(sendmail);
  const auto mc = read_file(sendmail.mc());
  const auto included = mc ? with_include(*mc, line) : std::nullopt;
  if (!mc) plan.problems.push_back(mc.error().what);
  if (mc && !included)
    plan.problems.push_back(sendmail.mc() + " has no OSTYPE line; put this after the first lines: " + line);
  if (included && *included != *mc)
    plan.changes.push_back({ChangeKind::Include, sendmail.mc(), "", line,
                            "after OSTYPE, so that its rules come before all others"});
  return plan;
}

SetupPlan plan_sendmail_removal(const Config& config, const mta::Sendmail& sendmail) {
  SetupPlan plan;
  const auto mc = read_file(sendmail.mc());
  if (!mc) plan.problems.push_back(mc.error().what);
  const auto line = include_line(sendmail);
  if (mc && without_line(*mc, line) != *mc)
    plan.changes.push_back(
        {ChangeKind::Include, sendmail.mc(), line, "", "sendmail.cf is then made without our rules"});
  if (const auto feature = read_file(sendmail.feature()))
    plan.changes.push_back({ChangeKind::Table, sendmail.feature(), *feature, "", "nothing uses it any more"});
  if (config.policy.pams.enabled)
    plan.problems.emplace_back(
        "PAMS is still enabled: Sendmail has no guard rules, so flagged mail would leave in clear without our rules; set [pams] enabled = false and run `pamsctl reload`, so that it is refused until nobody flags any more");
  const auto waiting = mta::read_queue(sendmail);
  if (!waiting)
    plan.problems.push_back("the queue could not be looked through: " + waiting.error().what);
  else if (mta::has_recipient_below(*waiting, routing::kRouteDomain))
    plan.problems.emplace_back(
        "sealed mail is in the queue and would leave as it is, for nobody to read: wait until it is delivered");
  return plan;
}

Result<std::string> apply_sendmail_setup(const SetupPlan& plan, const mta::Sendmail& sendmail,
                                         const std::string& now_utc) {
  if (!plan.problems.empty()) return fail(Failure::Misconfigured, plan.problems.front());
  std::vector<std::string> paths;
  for (const auto& change : plan.changes) paths.push_back(change.setting);
  const auto backup = Backup::make(sendmail.directory() + "/pams-backup-" + now_utc, paths);
  if (!backup) return tl::unexpected(backup.error());
  Status outcome;
  for (const auto& change : plan.changes) outcome = outcome.and_then([&] { return make_change(change); });
  return backup->settle(outcome);
}

}  // namespace pams::milter::setup
