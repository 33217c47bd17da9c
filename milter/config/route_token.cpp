#include "milter/config/route_token.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/config/files.hpp"
#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kShortestToken = 16;

tl::unexpected<Error> wrong(const std::string& path, const std::string& why) {
  return fail(Failure::Misconfigured, "route token " + path + ": " + why);
}

Result<std::string> new_token() {
  std::array<unsigned char, kRandomBytes> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return fail(Failure::Temporary, std::string("no random bytes: ") + std::strerror(errno));
  std::string hex;
  for (const auto byte : bytes) hex += {"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]};
  return hex;
}

Status sync_folder(const std::string& folder) {
  const Fd directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || fsync(directory.get()) != 0) return wrong(folder, std::strerror(errno));
  return {};
}

/// A new file of mode 0640 whose group is the folder's, so that the milter, which owns the folder's group,
/// can read it.
Status write_new(const std::string& path, const std::string& content, gid_t group) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return wrong(path, std::strerror(errno));
  // Only root may give a file to a group it is not in; for others the group stays, and mode 0640 is still
  // safe.
  if (fchown(file.get(), static_cast<uid_t>(-1), group) != 0 && errno != EPERM)
    return wrong(path, std::strerror(errno));
  if (fchmod(file.get(), 0640) != 0 ||
      write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      fsync(file.get()) != 0)
    return wrong(path, std::strerror(errno));
  return {};
}

}  // namespace

Result<std::string> read_route_token(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    return wrong(path, std::string(std::strerror(errno)) + "; `pamsctl setup postfix --apply` makes it");
  if ((status.st_mode & 07U) != 0) return wrong(path, "others may read it; run: chmod o= " + path);
  const auto content = read_file(path);
  if (!content) return tl::unexpected(content.error());
  const auto token = text::trim(*content);
  if (token.size() < kShortestToken || !std::ranges::all_of(token, text::is_alnum))
    return wrong(path, "does not hold one word of 16 or more letters and digits");
  return std::string(token);
}

Result<std::string> ensure_route_token(const std::string& path) {
  if (std::filesystem::exists(std::filesystem::symlink_status(path))) return read_route_token(path);
  const auto folder = std::filesystem::path(path).parent_path().string();
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return wrong(folder, std::strerror(errno));
  const auto token = new_token();
  if (!token) return token;
  const auto temporary = path + ".new";
  if (const auto written = write_new(temporary, *token + "\n", status.st_gid); !written)
    return tl::unexpected(written.error());
  if (rename(temporary.c_str(), path.c_str()) != 0) return wrong(path, std::strerror(errno));
  if (const auto synced = sync_folder(folder); !synced) return tl::unexpected(synced.error());
  return read_route_token(path);
}

}  // namespace pams::milter
