/// What `pamsctl setup` does for the seal beside the MTA's settings: its key, and a word on mail that was
/// queued before there was a seal.
#pragma once

#include "milter/config/config.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/setup/setup_plan.hpp"

namespace pams::milter::ctl {

/// Made before anything else: what is sealed can be opened from then on. For the milter's user, who is the
/// owner of the trace's directory.
Status make_seal_key(const Settings& settings);
void note_missing_key(const Settings& settings, setup::SetupPlan& plan);

/// Flagged mail that the former setup queued cannot leave as it is, by its new transport. Before anything
/// changes (`applies`) it is put on hold, where it does not expire either; a note says how it comes back.
void keep_former_mail(const Config& config, const mta::Postfix& postfix, bool applies,
                      setup::SetupPlan& plan);

}  // namespace pams::milter::ctl
