/// Changing configuration files so that nothing is lost: whole files are replaced at once, and what was there
/// before is kept. One writer at a time.
#pragma once

#include <string>
#include <vector>

#include "milter/base/draft_file.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::setup {

/// All of the new content or all of the old, also after a crash; never readable for others in between.
Status replace_file(const std::string& path, const std::string& content, const Owner& owner);

/// Copies of the files that a setup changes, in a directory for root alone.
class Backup {
 public:
  /// `directory` must not exist yet. A path without a file is recorded as such.
  static Result<Backup> make(const std::string& directory, const std::vector<std::string>& paths);

  /// The directory when the changes went well. Otherwise everything is put back as it was, and the error says
  /// so, or where the copies are when even that failed.
  Result<std::string> settle(const Status& outcome) const;

 private:
  struct File {
    std::string path;
    std::string content;
    Owner owner;
    bool existed;
  };
  /// The last error when something could not be put back.
  Status restore() const;
  static Status remove(const std::string& path);
  Status keep(const std::string& path);

  std::string directory_;
  std::vector<File> files_;
};

}  // namespace pams::milter::setup
