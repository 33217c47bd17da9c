/// Words on the command line that nothing knows, found before the parser meets them: it could only say that
/// something is missing. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "milter/ctl/cli/describe.hpp"

namespace pams::milter::ctl::cli {

/// What to say of the first word that is wrong, with a remedy; nullopt when none is, for all that this can
/// tell.
std::optional<std::string> first_mistake(const CommandDescription& root, std::span<const std::string> words);

/// `word` stands where a subcommand of `command` must.
std::string unknown_subcommand(const CommandDescription& command, const std::string& word);

/// A complaint about `command`, and where to read more.
std::string complaint(const CommandDescription& command, const std::string& what);

/// The command that `words` choose, as far as they are known.
const CommandDescription& chosen_command(const CommandDescription& root, std::span<const std::string> words);

}  // namespace pams::milter::ctl::cli
