/// What an auditor gets about one message: all that trace, relay and archive know, as JSON with a summary in
/// sentences. What is not known is said as not known. Reads only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/trace/trace_query.hpp"

namespace pams::milter::evidence {

struct Evidence {
  nlohmann::ordered_json document;
  std::string
      checkpoint_key;  ///< of the archive that has the message, else of the first that has one; "" = none
};

/// nullopt: there is no such message. `made`: the time that the document names as its own.
Result<std::optional<Evidence>> collect(const Config& config, trace::TraceQuery& query, std::string_view id,
                                        trace::Instant made);

/// What the auditor runs, with the names of the three files as `pamsctl trace evidence` gives them.
std::string verify_command(const std::string& file);

}  // namespace pams::milter::evidence
