#include "milter/trace/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

constexpr std::size_t kBatch = 1U << 20U;
/// Postfix and syslog daemons cut their lines far below this.
constexpr std::size_t kLongestLine = 64U << 10U;

/// FNV-1a: tells whether these are the bytes that were read, not who wrote them.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

struct stat stat_of(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) status = {};
  return status;
}

/// In nanoseconds.
std::int64_t modified_at(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

bool is_compressed(std::string_view name) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{".gz", ".xz", ".bz2", ".zst"},
                             [&](std::string_view ending) { return name.ends_with(ending); });
}

/// Length of a whole line at the front, with its LF; 0 when there is none yet.
std::size_t line_length(std::string_view bytes) { return bytes.find('\n') + 1; }

}  // namespace

Result<LogBatch> LogFile::read(Instant now) {
  if (!file_)
    if (const auto begun = begin(); !begun) return tl::unexpected(begun.error());
  LogBatch batch;
  // Asked before reading: whatever the old file got until its successor had lines is read below.
  const auto next = successor();
  const bool was_truncated = !is_where_it_was(file_.get());
  const bool is_at_end = was_truncated || !fill();
  take_lines(batch, now);
  if (was_truncated) {
    static_cast<void>(open(path_, 0));
  } else if (is_at_end && next) {
    const auto cut_off_by_rotation = unread_;
    const auto opened = open(next->path, 0);
    if (opened && !cut_off_by_rotation.empty()) add_entry(cut_off_by_rotation, batch, now);
    // What came before is not lost: it goes out first, and the next look meets the same file.
    if (!opened && batch.entries.empty()) return tl::unexpected(opened.error());
  }
  batch.place = *place_;
  batch.missed = std::exchange(missed_, "");
  return batch;
}

Status LogFile::begin() {
  const bool first_time = !started_;
  started_ = true;
  if (place_ && place_->inode != 0) return resume();
  if (!first_time || !std::filesystem::exists(path_)) return open(path_, 0);
  auto opened = open(path_, 0);
  if (opened) place_->offset = static_cast<std::uint64_t>(stat_of(file_.get()).st_size);
  return opened;
}

/// Finds the file that was read last, by whatever name, and goes on there; or its copy, when the log itself
/// was truncated.
Status LogFile::resume() {
  const auto last = *place_;
  auto files = candidates();
  std::stable_partition(files.begin(), files.end(), [&](const Candidate& one) {
    return one.inode == last.inode && one.device == last.device;
  });
  for (const auto& candidate : files) {
    const bool is_same = candidate.inode == last.inode && candidate.device == last.device;
    Fd file(::open(candidate.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file || !is_where_it_was(file.get()) || (!is_same && last.line_length == 0)) continue;
    file_ = std::move(file);
    place_->device = candidate.device;
    place_->inode = candidate.inode;
    return {};
  }
  const auto opened = open(path_, 0);
  if (opened) missed_ = "the mail log was rotated away before it was read to its end";
  return opened;
}

bool LogFile::is_where_it_was(int fd) const {
  const auto length = place_->line_length;
  if (static_cast<std::uint64_t>(stat_of(fd).st_size) < place_->offset || length > place_->offset)
    return false;
  std::string line(length, '\0');
  const auto got = pread(fd, line.data(), length, static_cast<off_t>(place_->offset - length));
  return got == static_cast<ssize_t>(length) && (length == 0 || hash_of(line) == place_->line_hash);
}

Status LogFile::open(const std::string& path, std::uint64_t offset) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file)
    return fail(errno == ENOENT ? Failure::Temporary : Failure::Misconfigured,
                path + ": " + std::generic_category().message(errno));
  const auto status = stat_of(file.get());
  file_ = std::move(file);
  place_ = LogPlace{status.st_dev, status.st_ino, offset, 0, 0, ""};
  unread_.clear();
  within_long_line_ = false;
  return {};
}

std::vector<LogFile::Candidate> LogFile::candidates() const {
  std::vector<Candidate> found;
  const std::filesystem::path whole(path_);
  const auto name = whole.filename().string();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(whole.parent_path(), error)) {
    const auto other = entry.path().filename().string();
    const bool is_rotated = other.starts_with(name + ".") || other.starts_with(name + "-");
    struct stat status {};
    if ((other != name && !is_rotated) || is_compressed(other)) continue;
    if (stat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    found.push_back({entry.path().string(), status.st_dev, status.st_ino, modified_at(status)});
  }
  std::ranges::sort(found, {}, &Candidate::modified);
  return found;
}

/// logrotate makes the new file before the syslog daemon leaves the old one; it has left it when there are
/// lines in the new one.
std::optional<LogFile::Candidate> LogFile::successor() const {
  struct stat newest {};
  if (stat(path_.c_str(), &newest) != 0 || newest.st_size == 0) return std::nullopt;
  if (newest.st_dev == place_->device && newest.st_ino == place_->inode) return std::nullopt;
  const auto modified = modified_at(stat_of(file_.get()));
  for (const auto& candidate : candidates())
    if (candidate.modified > modified && candidate.inode != place_->inode) return candidate;
  return Candidate{path_, newest.st_dev, newest.st_ino, 0};
}

/// Reads on into `unread_`; false at the end of the file.
bool LogFile::fill() {
  const auto had = unread_.size();
  unread_.resize(had + kBatch);
  const auto got = pread(file_.get(), unread_.data() + had, kBatch, static_cast<off_t>(place_->offset + had));
  unread_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

void LogFile::take_lines(LogBatch& batch, Instant now) {
  std::string_view rest = unread_;
  for (auto length = line_length(rest); length > 0; length = line_length(rest)) {
    take_line(rest.substr(0, length), length, batch, now);
    rest.remove_prefix(length);
  }
  if (rest.size() > kLongestLine) {  // nobody's line: forget what came of it
    take_line("", rest.size(), batch, now);
    within_long_line_ = true;
    rest = "";
  }
  unread_ = std::string(rest);
}

void LogFile::take_line(std::string_view line, std::size_t length, LogBatch& batch, Instant now) {
  place_->offset += length;
  place_->line_length = line.size();
  place_->line_hash = hash_of(line);
  if (!std::exchange(within_long_line_, false) && line.size() <= kLongestLine) add_entry(line, batch, now);
}

void LogFile::add_entry(std::string_view line, LogBatch& batch, Instant now) {
  if (auto entry = read_syslog_line(text::trim_right(line, "\r\n"), now))
    batch.entries.push_back(std::move(*entry));
}

}  // namespace pams::milter::trace
