/// What `pamsctl setup postfix --remove` needs to know: main.cf and master.cf around the setup, in a
/// directory for root alone beside them. Kept up to date by every setup, so that what others edit in between
/// is not taken for ours. One writer at a time.
#pragma once

#include <optional>
#include <string>

#include "rules/base/result.hpp"

namespace pams::milter::setup {

struct PostfixTexts {
  std::string main;
  std::string master;
};

struct SetupRecord {
  PostfixTexts before;  ///< without the setup
  PostfixTexts after;   ///< as the last setup left them
};

Result<PostfixTexts> read_texts(const std::string& config_directory);

/// nullopt when no setup was made, or all of it was taken out.
Result<std::optional<SetupRecord>> read_record(const std::string& config_directory);
Status write_record(const std::string& config_directory, const SetupRecord& record);
Status remove_record(const std::string& config_directory);

/// The record before a further setup changes `current`: what others edited since the last one is theirs.
SetupRecord record_for(const std::optional<SetupRecord>& last, const PostfixTexts& current);

}  // namespace pams::milter::setup
