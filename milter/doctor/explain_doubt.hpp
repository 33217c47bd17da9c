/// Why a question that a check asked was not answered, asked of the system and not guessed from a tool's
/// words, and what helps: a file that this user may not read, a table of ours that is gone, a missing map
/// type, a tool that is slow. Any thread.
#pragma once

#include "milter/doctor/check.hpp"

namespace pams::milter::doctor {

/// Gives `finding`, which has a doubt and no remedy, its remedy; the doubt, status and cause follow what is
/// found.
void explain_doubt(const Examination& examination, Finding& finding);

}  // namespace pams::milter::doctor
