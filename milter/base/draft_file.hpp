/// A file that is written beside the one whose place it takes: complete, with its owner and mode, and on the
/// disk before it gets the name. One thread.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "rules/base/result.hpp"

namespace pams::milter {

struct Owner {
  uid_t user;  ///< -1: as it is; the group too
  gid_t group;
  mode_t mode;
};

/// Goes away with this object unless it got its name.
class DraftFile {
 public:
  /// `name`: of the draft itself, in `directory`, which must outlive it; it must not be there yet.
  DraftFile(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;
  ~DraftFile();

  /// Nobody but this process's user can read it before it has its owner. Failures as in durable_file.hpp.
  Status write(std::string_view content, const Owner& owner);

  /// Nothing that is there is replaced: errno is EEXIST then.
  bool link(const std::string& name) const;
  /// What is there is replaced.
  bool rename(const std::string& name);

 private:
  const int directory_;
  const std::string name_;
  bool is_made_ = false;
};

}  // namespace pams::milter
