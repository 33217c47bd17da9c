/// What identifies a file's content without reading it. Any thread.
#pragma once

#include <string>

namespace pams::milter {

/// Zeros for a file that is not there.
struct FileStamp {
  std::string path;
  unsigned long device = 0, inode = 0;
  long size = 0, modified_seconds = 0, modified_nanoseconds = 0, changed_seconds = 0, changed_nanoseconds = 0;
  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::string& path);

}  // namespace pams::milter
