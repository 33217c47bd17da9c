/// The record of a message in an archive, and its place in the chain, as JSON. Reads only.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/trace/trace_query.hpp"

namespace pams::milter::evidence {

struct ArchivedCopies {
  nlohmann::ordered_json records = nlohmann::ordered_json::array();
  std::vector<std::string> sentences;
  std::vector<std::string> not_known;
  std::string checkpoint_key;  ///< of the first archive that has the message and a key
};

ArchivedCopies archived_copies(const Config& config, const trace::MessageFacts& facts);

}  // namespace pams::milter::evidence
