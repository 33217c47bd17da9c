#include "milter/config/files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <glob.h>
#include <unistd.h>

#include "milter/base/path_access.hpp"

namespace pams::milter {
namespace {

constexpr std::uintmax_t kMaxBytes = 256U << 20U;

/// A directory that is not there holds no files; one that cannot be read may hold rules that must not be
/// missed.
int stops_glob(const char*, int error) { return error == ENOENT ? 0 : 1; }

tl::unexpected<Error> unreadable(const std::string& path, int code) {
  const auto obstacle = code == EACCES ? obstacle_to_reading(path) : std::nullopt;
  return fail(Failure::Misconfigured,
              path + ": " + std::strerror(code) + (obstacle ? " (" + obstacle->problem + ")" : ""));
}

class Glob {
 public:
  explicit Glob(const std::string& pattern) : status_(glob(pattern.c_str(), 0, stops_glob, &found_)) {}
  Glob(const Glob&) = delete;
  Glob& operator=(const Glob&) = delete;
  ~Glob() { globfree(&found_); }

  int status() const { return status_; }
  std::vector<std::string> paths() const { return {found_.gl_pathv, found_.gl_pathv + found_.gl_pathc}; }

 private:
  glob_t found_{};
  int status_;
};

}  // namespace

Result<std::string> read_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return fail(Failure::Misconfigured, path + ": is not a file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(path, errno != 0 ? errno : ENOENT);
  std::string content;
  for (char piece[65536]; in.read(piece, sizeof piece) || in.gcount() > 0;) {
    content.append(piece, static_cast<std::size_t>(in.gcount()));
    if (content.size() > kMaxBytes) return fail(Failure::Misconfigured, path + ": is larger than 256 MB");
  }
  if (in.bad()) return fail(Failure::Misconfigured, path + ": cannot be read");
  return content;
}

std::string resolve(const std::string& path, const std::string& from_file) {
  namespace fs = std::filesystem;
  return fs::absolute(fs::path(from_file).parent_path() / path).lexically_normal().string();
}

Result<std::vector<std::string>> matching_files(const std::string& pattern) {
  const Glob found(pattern);
  if (found.status() == 0) return found.paths();  // glob(3) sorts
  const bool has_wildcard = pattern.find_first_of("*?[") != std::string::npos;
  if (found.status() == GLOB_NOMATCH && has_wildcard) return std::vector<std::string>{};
  return fail(
      Failure::Misconfigured,
      pattern + ": " + (found.status() == GLOB_NOMATCH ? "no such file" : "the directory cannot be read"));
}

Status check_program(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::is_regular_file(status))
    return fail(Failure::Misconfigured,
                path + (fs::exists(status) ? ": is not a file" : ": no such program"));
  if (access(path.c_str(), X_OK) != 0)
    return fail(Failure::Misconfigured, path + ": cannot be executed: " + std::strerror(errno));
  const auto directory = fs::status(fs::path(path).parent_path(), error).permissions();
  const bool is_open = (directory & fs::perms::others_write) != fs::perms::none &&
                       (directory & fs::perms::sticky_bit) == fs::perms::none;
  if (is_open || (status.permissions() & fs::perms::others_write) != fs::perms::none)
    return fail(Failure::Misconfigured, path + ": everybody may change it; take that right away");
  return {};
}

schema::Files disk_files() {
  return {read_file,
          [](const std::string& path, const Source* from) {
            return resolve(path, from == nullptr ? "" : from->name);
          },
          check_program};
}

}  // namespace pams::milter
