#include "milter/doctor/problem.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/base/fd.hpp"
#include "milter/doctor/account.hpp"

namespace pams::milter::doctor {
namespace {

namespace fs = std::filesystem;

Problem now(const std::string& path) { return {errno, path}; }

/// The first directory on the way to `path` that cannot be entered.
std::optional<Problem> passing_problem(const std::string& path) {
  fs::path passed;
  for (const auto& part : fs::path(path).parent_path()) {
    passed /= part;
    struct stat status {};
    if (stat(passed.c_str(), &status) != 0) return Problem{errno, passed.string(), true};
    if (!S_ISDIR(status.st_mode)) return Problem{ENOTDIR, passed.string(), true};
    if (access(passed.c_str(), X_OK) != 0) return Problem{errno, passed.string(), true};
  }
  return std::nullopt;
}

/// access(2) knows of rights alone; whether there is room only a write tells.
std::optional<Problem> try_to_write(const std::string& directory) {
  const auto file = directory + "/.pams-doctor-" + std::to_string(getpid());
  const Fd draft(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!draft) return now(directory);
  static constexpr std::array<char, 4096> kBlock{};
  std::optional<Problem> problem;
  if (write(draft.get(), kBlock.data(), kBlock.size()) != static_cast<ssize_t>(kBlock.size()) ||
      fsync(draft.get()) != 0)
    problem = Problem{errno != 0 ? errno : ENOSPC, directory};
  unlink(file.c_str());
  return problem;
}

std::string remedy_for_rights(const Problem& problem, const Account& account, Wanted wanted) {
  const auto group = group_name(account.group);
  if (problem.is_above) return "chmod o+x " + problem.path;
  switch (wanted) {
    case Wanted::ReadFile:
      return "chgrp " + group + " " + problem.path + " && chmod g+r " + problem.path;
    case Wanted::WriteFile:
      return "chown " + account.name + ":" + group + " " + problem.path + " && chmod u+rw " + problem.path;
    case Wanted::WriteDirectory:
      break;
  }
  return "chown -R " + account.name + ":" + group + " " + problem.path + " && chmod u+rwx " + problem.path;
}

std::string remedy_for_absence(const Problem& problem, const Account& account, Wanted wanted) {
  if (wanted == Wanted::ReadFile && !problem.is_above) return "";  // whoever asked knows what makes it
  const bool is_private = wanted == Wanted::WriteDirectory && !problem.is_above;
  return "install -d -m " + std::string(is_private ? "700" : "755") + " -o " + account.name + " -g " +
         group_name(account.group) + " " + problem.path;
}

}  // namespace

std::string Problem::text() const { return path + ": " + (what.empty() ? std::strerror(error) : what); }

std::optional<Problem> reading_problem(const std::string& file) {
  if (auto above = passing_problem(file)) return above;
  if (const Fd opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); !opened) return now(file);
  return std::nullopt;
}

std::optional<Problem> writing_problem(const std::string& directory) {
  if (auto above = passing_problem(directory)) return above;
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) return now(directory);
  if (!S_ISDIR(status.st_mode)) return Problem{ENOTDIR, directory};
  if (access(directory.c_str(), R_OK | W_OK | X_OK) != 0) return now(directory);
  return try_to_write(directory);
}

std::string remedy_for(const Problem& problem, const Account& account, Wanted wanted) {
  const auto& path = problem.path;
  switch (problem.error) {
    case ENOSPC:
    case EDQUOT:
      return "make room there: `df -h " + path + "` and `df -i " + path + "` show what is full, `du -xhd1 " +
             path + " | sort -h` what fills it";
    case EROFS:
      return "see in `dmesg` why it is mounted read-only, then: mount -o remount,rw \"$(findmnt -no TARGET -T " +
             path + ")\"";
    case EIO:
      return "the disk fails: see `dmesg`, and restore " + path + " from a backup to another one";
    case ENOTDIR:
      return "mv " + path + " " + path + ".away; it is a file where a directory must be";
    case ENOENT:
      return remedy_for_absence(problem, account, wanted);
    case EACCES:
    case EPERM:
      return remedy_for_rights(problem, account, wanted);
    default:
      return "";
  }
}

std::string cause_of(const Problem& problem) {
  const bool is_disks =
      problem.error == ENOSPC || problem.error == EDQUOT || problem.error == EROFS || problem.error == EIO;
  return is_disks ? disk_cause(problem.path) : problem.text();
}

std::string disk_cause(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? "disk " + std::to_string(status.st_dev) : "disk of " + path;
}

}  // namespace pams::milter::doctor
