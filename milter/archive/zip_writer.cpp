#include "milter/archive/zip_writer.hpp"

#include <clocale>
#include <new>
#include <utility>

#include <archive_entry.h>

namespace pams::milter::archive {
namespace {

/// libarchive takes names to be in the thread's character set, and marks them as UTF-8 only when that is it.
class Utf8Names {
 public:
  Utf8Names() : before_(::uselocale(locale_.get())) {}
  ~Utf8Names() { ::uselocale(before_); }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  CPtr<__locale_struct, ::freelocale> locale_{::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)};
  locale_t before_;
};

CPtr<archive_entry, archive_entry_free> entry_of(const std::string& name, std::size_t size,
                                                 std::chrono::sys_seconds time) {
  CPtr<archive_entry, archive_entry_free> entry(::archive_entry_new());
  if (!entry) throw std::bad_alloc();
  ::archive_entry_set_pathname(entry.get(), name.c_str());
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0600);
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  ::archive_entry_set_mtime(entry.get(), time.time_since_epoch().count(), 0);
  return entry;
}

}  // namespace

/// What the sink refuses is swallowed here and told by outcome(): libarchive 3.6 leaks an entry's compressor
/// when a write fails, and its free completes a file that must not look complete.
long ZipWriter::take(::archive*, void* self, const void* bytes, std::size_t size) {
  auto& writer = *static_cast<ZipWriter*>(self);
  if (writer.sunk_) writer.sunk_ = writer.sink_({static_cast<const char*>(bytes), size});
  return static_cast<long>(size);
}

ZipWriter::ZipWriter(Sink sink) : sink_(std::move(sink)), zip_(::archive_write_new()) {
  if (!zip_) throw std::bad_alloc();
  ::archive_write_set_format_zip(zip_.get());
  ::archive_write_set_bytes_in_last_block(zip_.get(), 1);
  ::archive_write_open(zip_.get(), this, nullptr, take, nullptr);
}

ZipWriter::~ZipWriter() {
  if (sunk_) sunk_ = fail(Failure::Refused, "given up");
}

Status ZipWriter::outcome(int code) const {
  if (!sunk_ || code == ARCHIVE_OK) return sunk_;
  const auto* why = ::archive_error_string(zip_.get());
  return fail(Failure::Temporary, std::string("cannot write the ZIP file: ") + (why == nullptr ? "" : why));
}

Status ZipWriter::add(const std::string& name, std::string_view content, std::chrono::sys_seconds time) {
  const Utf8Names utf8;
  const auto entry = entry_of(name, content.size(), time);
  const auto begun = outcome(::archive_write_header(zip_.get(), entry.get()));
  if (!begun) return begun;
  const auto written = ::archive_write_data(zip_.get(), content.data(), content.size());
  const bool is_whole = std::cmp_equal(written, content.size());
  return outcome(is_whole ? ::archive_write_finish_entry(zip_.get()) : ARCHIVE_FATAL);
}

Status ZipWriter::finish() {
  const Utf8Names utf8;
  return outcome(::archive_write_close(zip_.get()));
}

}  // namespace pams::milter::archive
