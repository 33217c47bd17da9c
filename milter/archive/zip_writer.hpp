/// A ZIP file (PKWARE APPNOTE 6.3) of stored entries, written from front to back; ZIP64 where sizes or
/// numbers need it. Belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "milter/base/durable_file.hpp"

namespace pams::milter {

class ZipWriter {
 public:
  explicit ZipWriter(Sink sink) : sink_(std::move(sink)) {}

  /// `name` is ASCII with / between folders; the failures are the sink's.
  Status add(const std::string& name, std::string_view content, std::chrono::sys_seconds time);
  /// The directory of entries; nothing may be added after it.
  Status finish();

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc, date_and_time;
    std::uint64_t size, offset;
  };
  Status write(const std::string& bytes);

  Sink sink_;
  std::uint64_t offset_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace pams::milter
