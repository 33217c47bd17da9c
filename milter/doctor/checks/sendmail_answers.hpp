/// What several Sendmail checks ask alike: sendmail.cf's options and definitions, and whether a ruleset
/// answers with an error. Any thread.
#pragma once

#include <string>
#include <vector>

#include "milter/doctor/check.hpp"

namespace pams::milter::doctor {

inline constexpr const char* kSendmailSetup =
    "pamsctl setup sendmail --apply && make -C /etc/mail && service sendmail restart";

/// The logical lines of a .cf file: continuations joined with a blank, comments and empty lines left out.
std::vector<std::string> cf_lines(const std::string& cf);

/// `O Name=value`; "" when it is not set. Of several the last one holds, as in Sendmail.
std::string cf_option(const std::vector<std::string>& lines, const std::string& name);

/// The definition that begins so ("Mpams", "Xpams-milter"), up to its first comma; "" when there is none.
std::string cf_definition(const std::vector<std::string>& lines, const std::string& beginning);

/// The value of `X=` among the comma-separated equates of a definition.
std::string equate(const std::string& definition, char letter);

/// What `ruleset` returned in `sendmail -bt`'s output, each time it ran, in Sendmail's tokens.
std::vector<std::string> all_returned(const std::string& output, const std::string& ruleset);
/// The last one; "" when it did not run.
std::string returned(const std::string& output, const std::string& ruleset);

}  // namespace pams::milter::doctor
