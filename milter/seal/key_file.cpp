#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <tuple>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "milter/base/draft_file.hpp"
#include "milter/base/durable_file.hpp"
#include "milter/base/fd.hpp"
#include "milter/seal/key_ring.hpp"
#include "milter/seal/key_text.hpp"

namespace pams::milter::seal {
namespace {

using milter::disk_error;
using milter::Fd;
namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 65536;

/// A string whose bytes do not outlive it.
struct Secret {
  std::string bytes;
  ~Secret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

tl::unexpected<Error> wrong(const std::string& path, const std::string& why) {
  return fail(Failure::Misconfigured, "seal key file " + path + ": " + why);
}

tl::unexpected<Error> wrong_errno(const std::string& path) {
  const int error = errno;
  return wrong(path, std::string(std::strerror(error)) +
                         (error == ENOENT ? "; `pamsctl setup postfix --apply` makes it" : ""));
}

/// Where systemd puts it for this unit, or else the path itself.
std::string place_of(const std::string& path) {
  if (const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
      directory != nullptr && *directory != '\0') {
    const auto credential = fs::path(directory) / fs::path(path).filename();
    std::error_code error;
    if (fs::exists(credential, error) || error)
      return credential.string();  // never pass over an unreadable one
  }
  return path;
}

Status check_access(const struct stat& status, const std::string& path) {
  if (!S_ISREG(status.st_mode)) return wrong(path, "is not a file");
  if ((status.st_mode & (S_IROTH | S_IXOTH)) != 0)
    return wrong(path, "others may read it; run: chmod g-w,o= " + path);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return wrong(path, "others than its owner may write it; run: chmod g-w,o= " + path);
  return {};
}

Status read_all(int file, const std::string& path, std::string& into) {
  into.resize(kLargestFile + 1);
  std::size_t size = 0;
  while (size < into.size()) {
    const auto got = ::read(file, into.data() + size, into.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return wrong_errno(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kLargestFile) return wrong(path, "is larger than 64 KiB");
  OPENSSL_cleanse(into.data() + size, into.size() - size);
  into.resize(size);
  return {};
}

Result<KeyRing> read_at(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return wrong_errno(path);
  if (const auto checked = check_access(status, path); !checked) return tl::unexpected(checked.error());
  Secret content;
  if (const auto read = read_all(file.get(), path, content.bytes); !read) return tl::unexpected(read.error());
  auto ring = parse_keys(content.bytes);
  if (!ring)
    return wrong(
        path,
        ring.error().what +
            "; put it back from a backup, or move it away and `pamsctl setup postfix --apply` makes a new one");
  return ring;
}

/// The draft's name: no other process has the same.
std::string draft_name(const std::string& name) { return "." + name + "." + new_key({}).id() + ".tmp"; }

Fd open_directory_of(const std::string& path) {
  const auto directory = fs::path(path).parent_path().string();
  return Fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

/// False: somebody else made it meanwhile.
Result<bool> make_new(const std::string& path, std::chrono::sys_seconds now, uid_t owner, gid_t group) {
  const Fd directory = open_directory_of(path);
  if (!directory) return disk_error("open the directory of", path);
  constexpr auto kSame = static_cast<unsigned>(-1);
  const bool is_root = ::geteuid() == 0;
  bool is_ours = false;
  {
    DraftFile draft(directory.get(), draft_name(name_of(path)));
    const Secret content{to_text(KeyRing({new_key(now)}))};
    const auto written = draft.write(content.bytes, {is_root ? owner : kSame, is_root ? group : kSame, 0600});
    if (!written) return tl::unexpected(written.error());
    is_ours = draft.link(name_of(path));
    if (!is_ours && errno != EEXIST) return disk_error("make", path);
  }
  if (::fsync(directory.get()) != 0) return disk_error("sync the directory of", path);
  return is_ours;
}

}  // namespace

Result<KeyRing> KeyRing::read(const std::string& path) { return read_at(place_of(path)); }

Result<KeyRing> ensure_key_file(const std::string& path, std::chrono::sys_seconds now, unsigned owner,
                                unsigned group) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return read_at(path);
  if (errno != ENOENT) return wrong_errno(path);
  if (const auto made = make_new(path, now, owner, group); !made) return tl::unexpected(made.error());
  return read_at(path);
}

Status replace_key_file(const std::string& path, const KeyRing& ring) {
  std::error_code error;
  const auto real = fs::canonical(path, error).string();  // a link to it stays one
  struct stat status {};
  if (error) errno = error.value();
  if (error || ::stat(real.c_str(), &status) != 0) return wrong_errno(path);
  const Fd directory = open_directory_of(real);
  if (!directory) return disk_error("open the directory of", path);
  DraftFile draft(directory.get(), draft_name(name_of(real)));
  const Secret content{to_text(ring)};
  if (auto written = draft.write(content.bytes, {status.st_uid, status.st_gid, status.st_mode & 0777U});
      !written)
    return written;
  if (!draft.rename(name_of(real))) return disk_error("replace", path);
  if (::fsync(directory.get()) != 0) return disk_error("sync the directory of", path);
  return {};
}

struct KeyFile::Known {
  using Version = std::tuple<dev_t, ino_t, off_t, mode_t, time_t, long, time_t, long>;
  std::string place;
  Version version;
  std::shared_ptr<const KeyRing> ring;
};

KeyFile::KeyFile(std::string path) : path_(std::move(path)) {}

Result<std::shared_ptr<const KeyRing>> KeyFile::read() {
  const auto place = place_of(path_);
  struct stat now {};
  if (::stat(place.c_str(), &now) != 0) return wrong_errno(place);
  const Known::Version version{now.st_dev,         now.st_ino,         now.st_size,
                               now.st_mode,        now.st_mtim.tv_sec, now.st_mtim.tv_nsec,
                               now.st_ctim.tv_sec, now.st_ctim.tv_nsec};
  const MutexLock lock(mutex_);
  if (known_ && known_->place == place && known_->version == version) return known_->ring;
  auto ring = read_at(place);
  if (!ring) return tl::unexpected(ring.error());
  known_ = std::make_shared<const Known>(
      Known{place, version, std::make_shared<const KeyRing>(std::move(ring).value())});
  return known_->ring;
}

}  // namespace pams::milter::seal
