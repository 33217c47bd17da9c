/// Which messages in Postfix's queue carry the flag. Asks postcat, in every folder of the queue; needs root.
#pragma once

#include <string>
#include <vector>

#include "milter/connector/postfix.hpp"

namespace pams::milter {

/// Names of queue files, the first hundred that were found. Fails when the queue is too long to be looked
/// through.
Result<std::vector<std::string>> flagged_in_queue(const Postfix& postfix, const std::string& header);

}  // namespace pams::milter
