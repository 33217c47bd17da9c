/// `pamsctl setup postfix --remove`: the setup in reverse, in two stages, so that nothing flagged leaves in
/// between. First the milter goes and every listener gets the guard rules: flagged mail waits, what is sealed
/// in the queue still leaves through the relay. The guard rules and the transport go only when they are asked
/// for by name and neither flagged nor sealed mail is left in the queue. Never reloads Postfix. One at a
/// time; needs root.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::milter::setup {

enum class RemovalStage { Milter, GuardRules };

struct RemovalPlan {
  struct File {
    std::string path;
    std::optional<std::string> content;  ///< none: the file goes
  };
  RemovalStage stage = RemovalStage::Milter;
  std::vector<Change> changes;
  std::vector<File> files;
  std::vector<std::string> problems;  ///< why it cannot be applied; nothing is changed then
  std::vector<std::string> notes;
};

Result<RemovalPlan> plan_removal(const mta::Postfix& postfix, const Config& config, RemovalStage stage);

/// Makes the changes and asks `holds` about the result; returns the backup's directory. When anything fails,
/// or `holds` says no, everything is as before.
Result<std::string> apply_removal(const RemovalPlan& plan, const mta::Postfix& postfix,
                                  const std::string& now_utc, const std::function<Status()>& holds);

}  // namespace pams::milter::setup
