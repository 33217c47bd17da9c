/// The acting half of `pamsctl setup postfix`: reads the site, carries a SetupPlan out with a backup, and
/// puts the backup back when anything fails. Never reloads Postfix. One at a time; needs root on a real
/// gateway.
#pragma once

#include "milter/config/config.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/setup/postfix/postfix_site.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::milter::setup {

Result<Site> read_site(const mta::Postfix& postfix, const Config& config);

/// Makes the changes; returns the backup's directory. `now_utc`: "20260101T120000Z", part of the directory's
/// name. On failure everything is as before, and the error says so.
Result<std::string> apply_setup(const SetupPlan& plan, const mta::Postfix& postfix,
                                const std::string& now_utc);

}  // namespace pams::milter::setup
