/// Words that begin with "-" and are no option. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "milter/ctl/cli/describe.hpp"

namespace pams::milter::ctl::cli {

/// Whether the last argument takes all words that are left, whatever they begin with: a query.
bool takes_free_words(const CommandDescription& command);

/// For the parser, which takes every word that begins with "-" for an option: the arguments of a command that
/// takes free words stand at the end, behind "--".
std::vector<std::string> with_arguments_last(const CommandDescription& root,
                                             std::span<const std::string> words);

}  // namespace pams::milter::ctl::cli
