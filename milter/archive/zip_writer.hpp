/// A ZIP file of deflated entries, written from front to back by libarchive; ZIP64 where sizes or numbers
/// need it. The same entries give the same bytes (in one time zone: ZIP has local times beside UTC). Belongs
/// to one thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <archive.h>

#include "milter/base/durable_file.hpp"
#include "rules/base/c_ptr.hpp"

namespace pams::milter::archive {

class ZipWriter {
 public:
  explicit ZipWriter(Sink sink);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;  // libarchive knows its place
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// `name` is UTF-8 with / between directories. The failures are the sink's; after one nothing more is
  /// written.
  Status add(const std::string& name, std::string_view content, std::chrono::sys_seconds time);
  /// The directory of entries; nothing may be added after it, and without it the file cannot be read.
  Status finish();

 private:
  static long take(::archive*, void* self, const void* bytes, std::size_t size);
  Status outcome(int code) const;

  Sink sink_;
  Status sunk_;  ///< the sink's first failure; then nothing reaches it any more
  CPtr<::archive, archive_write_free> zip_;
};

}  // namespace pams::milter::archive
