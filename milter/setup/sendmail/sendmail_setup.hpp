/// `pamsctl setup sendmail`: what is missing in Sendmail's directory, and writing it with a backup. It
/// neither runs m4 nor restarts Sendmail: the operator does, as after any change of sendmail.mc. One at a
/// time.
#pragma once

#include <optional>

#include "milter/mta/sendmail/sendmail.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::milter::setup {

/// "include(`/etc/mail/pams-milter.m4')dnl"
std::string include_line(const mta::Sendmail& sendmail);

/// `mc` with the line after its OSTYPE line, where the rules come before the site's own; nullopt when it has
/// no such line. Unchanged when the line is there already.
std::optional<std::string> with_include(const std::string& mc, const std::string& line);

SetupPlan plan_sendmail_setup(const Config& config, const mta::Sendmail& sendmail);

/// What takes the setup out again. Without our rules Sendmail has nothing that keeps flagged mail: a problem
/// while PAMS is enabled, and while the queue holds mail with the milter's suffix.
SetupPlan plan_sendmail_removal(const Config& config, const mta::Sendmail& sendmail);

/// Makes the changes of either plan; returns the backup's directory. On failure everything is as before, and
/// the error says so.
Result<std::string> apply_sendmail_setup(const SetupPlan& plan, const mta::Sendmail& sendmail,
                                         const std::string& now_utc);

}  // namespace pams::milter::setup
