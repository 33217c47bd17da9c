#include "milter/base/path_access.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"

namespace pams::milter {
namespace {

namespace fs = std::filesystem;

std::string group_name(gid_t group) {
  std::array<char, 4096> buffer{};
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->gr_name;
  return std::to_string(group);
}

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(user);
}

/// " (root:adm, mode 0640)"; "" for what cannot be looked at.
std::string owners(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  std::array<char, 16> mode{};
  static_cast<void>(
      std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777U)));
  return " (" + user_name(status.st_uid) + ":" + group_name(status.st_gid) + ", mode " + mode.data() + ")";
}

Obstacle cannot(const std::string& act, const std::string& path, const std::string& remedy) {
  return {"user " + own_user() + " cannot " + act + " " + path + owners(path), remedy};
}

/// For what the file system refuses to everybody, or to this process alone.
Obstacle read_only(const std::string& path) {
  return {path + " is read-only for this process",
          "mount it read-write; where a unit of systemd protects it: systemctl edit pams-milter, [Service], "
          "ReadWritePaths=" +
              path};
}

/// The first directory on the way to `path`, and at last the one that holds it, that bars it.
std::optional<Obstacle> obstacle_above(const std::string& path) {
  fs::path above;
  for (const auto& part : fs::path(path).parent_path()) {
    above /= part;
    if (::access((above / ".").c_str(), X_OK) == 0) continue;  // with the dot a file is no directory
    const int error = errno;
    if (error == ENOENT)
      return Obstacle{above.string() + " is not there",
                      "install -d -m 700 -o " + own_user() + " " + above.string()};
    if (error == EACCES)
      return cannot(
          "enter", above.string(),
          "chgrp " + group_name(::getegid()) + " " + above.string() + " && chmod g+x " + above.string());
    return Obstacle{above.string() + ": " + std::strerror(error), "ls -ld " + above.string()};
  }
  return std::nullopt;
}

Obstacle obstacle_of(int error, const std::string& file, const std::string& act, const std::string& remedy) {
  if (error == EACCES) return cannot(act, file, remedy);
  if (error == EROFS) return read_only(file);
  return Obstacle{file + ": " + std::strerror(error), "ls -l " + file};
}

}  // namespace

std::string own_user() { return user_name(::geteuid()); }

std::optional<Obstacle> obstacle_to_writing_in(const std::string& directory) {
  if (auto above = obstacle_above(directory + "/x")) return above;
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return std::nullopt;
  const int error = errno;
  if (error == EROFS) return read_only(directory);
  return cannot("write in", directory,
                "chown " + own_user() + " " + directory + " && chmod u+rwx " + directory);
}

std::optional<Obstacle> obstacle_to_reading(const std::string& file) {
  if (auto above = obstacle_above(file)) return above;
  const Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (opened) return std::nullopt;
  const int error = errno;
  return obstacle_of(error, file, "read",
                     "chgrp " + group_name(::getegid()) + " " + file + " && chmod g+r " + file);
}

// Never opened: to close a database here would end the locks that SQLite has on it in this process (POSIX,
// fcntl).
std::optional<Obstacle> obstacle_to_changing(const std::string& file) {
  if (auto above = obstacle_above(file)) return above;
  if (::access(file.c_str(), R_OK | W_OK) == 0) return std::nullopt;
  const int error = errno;  // before what makes the remedy
  return obstacle_of(error, file, "write", "chown " + own_user() + " " + file + " && chmod u+rw " + file);
}

}  // namespace pams::milter
