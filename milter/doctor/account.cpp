#include "milter/doctor/account.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/base/pipe.hpp"
#include "milter/config/files.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

namespace fs = std::filesystem;

/// "" for one that has ended meanwhile, or that this user may not look at.
std::string slurp(const fs::path& path) { return read_file(path).value_or(""); }

/// proc(5): "Uid:\treal\teffective\tsaved\tfile" and its like, as numbers by name.
std::map<std::string, std::vector<unsigned>> numbers_of(const fs::path& process) {
  std::map<std::string, std::vector<unsigned>> all;
  std::ifstream status(process / "status");
  for (std::string line; std::getline(status, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::istringstream words(line.substr(colon + 1));
    std::copy(std::istream_iterator<unsigned>(words), {}, std::back_inserter(all[line.substr(0, colon)]));
  }
  return all;
}

/// Whether the process is that program with this configuration; without --config it has the default one.
bool runs(const fs::path& process, const std::string& program, const std::string& config_file) {
  if (config_file.empty() || text::trim(slurp(process / "comm")) != program) return false;
  const auto command = slurp(process / "cmdline");
  const auto arguments = text::split(command, '\0');
  if (std::ranges::find(arguments, config_file) != arguments.end()) return true;
  return config_file == kDefaultConfig && command.find("--config") == std::string::npos;
}

std::string credentials_of(const fs::path& process) {
  static constexpr std::string_view kName = "CREDENTIALS_DIRECTORY=";
  const auto environment = slurp(process / "environ");
  for (const auto variable : text::split(environment, '\0'))
    if (variable.starts_with(kName)) return std::string(variable.substr(kName.size()));
  return "";
}

std::string name_of(uid_t user) {
  const auto* entry = getpwuid(user);
  return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

std::optional<Account> running(const std::string& program, const std::string& config_file) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    if (!runs(entry.path(), program, config_file)) continue;
    auto numbers = numbers_of(entry.path());
    if (numbers["Uid"].size() < 2 || numbers["Gid"].size() < 2) continue;
    const auto user = numbers["Uid"][1];
    return Account{name_of(user),
                   user,
                   numbers["Gid"][1],
                   {numbers["Groups"].begin(), numbers["Groups"].end()},
                   credentials_of(entry.path())};
  }
  return std::nullopt;
}

Account with_groups(const struct passwd& entry) {
  Account account{entry.pw_name, entry.pw_uid, entry.pw_gid, {}, ""};
  int count = 64;
  account.groups.resize(static_cast<std::size_t>(count));
  if (getgrouplist(entry.pw_name, entry.pw_gid, account.groups.data(), &count) < 0)
    account.groups.resize(static_cast<std::size_t>(count)),
        getgrouplist(entry.pw_name, entry.pw_gid, account.groups.data(), &count);
  account.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  return account;
}

std::optional<Account> owner_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return std::nullopt;
  const auto* entry = getpwuid(status.st_uid);
  if (entry == nullptr) return Account{std::to_string(status.st_uid), status.st_uid, status.st_gid, {}, ""};
  return with_groups(*entry);
}

Result<Account> milter_of(const Settings& settings) {
  if (auto found = running("pams-milter", settings.file)) return *found;
  for (const auto& path : {settings.listen.unix_path, fs::path(settings.trace.path).parent_path().string()})
    if (auto owner = owner_of(path)) return *owner;
  return account_named("pams-milter");
}

/// In the child: becomes the user for good. Groups first, while it is still allowed.
bool become(const Account& account, const std::string& root) {
  if (!root.empty() && (chroot(root.c_str()) != 0 || chdir("/") != 0)) return false;
  if (account.user == geteuid()) return true;
  return setgroups(account.groups.size(), account.groups.data()) == 0 &&
         setresgid(account.group, account.group, account.group) == 0 &&
         setresuid(account.user, account.user, account.user) == 0;
}

/// One line a field: the number, whether it is a directory above, the path; then what. "" for no problem.
std::string encode(const std::optional<Problem>& problem) {
  if (!problem) return "";
  return std::to_string(problem->error) + "\n" + (problem->is_above ? "1" : "0") + "\n" + problem->path +
         "\n" + problem->what;
}

std::optional<Problem> decode(const std::string& words) {
  if (words.empty()) return std::nullopt;
  Problem problem;
  std::istringstream lines(words);
  lines >> problem.error >> problem.is_above;
  lines.ignore();
  std::getline(lines, problem.path);
  std::getline(lines, problem.what, '\0');
  return problem;
}

[[noreturn]] void tell_and_end(int fd, const std::optional<Problem>& problem) {
  const auto words = encode(problem);
  const auto written = write(fd, words.data(), std::min<std::size_t>(words.size(), PIPE_BUF));
  _exit(written < 0 ? 1 : 0);
}

std::optional<Problem> attempted(const std::function<std::optional<Problem>()>& attempt) {
  try {
    return attempt();
  } catch (const std::exception& error) {
    return Problem{.error = 0, .path = "doctor", .what = error.what()};
  }
}

std::string read_all(int fd) {
  std::string words;
  char part[512];
  for (;;) {
    const auto count = read(fd, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return words;
    words.append(part, static_cast<std::size_t>(count));
  }
}

}  // namespace

Result<Account> account_named(const std::string& name) {
  const auto* entry = getpwnam(name.c_str());
  if (entry == nullptr) return fail(Failure::Misconfigured, "there is no user " + name);
  return with_groups(*entry);
}

Accounts accounts_of(const Settings& settings) {
  const auto relay = running("pams-relay", settings.file);
  return {milter_of(settings),
          relay ? Result<Account>(*relay) : fail(Failure::Temporary, "pams-relay does not run")};
}

Result<Account> milter_account(const Examination& examination) {
  if (examination.accounts != nullptr) return examination.accounts->milter;
  return Account{name_of(geteuid()), geteuid(), getegid(), {}, ""};
}

std::string group_name(gid_t group) {
  const auto* entry = getgrgid(group);
  return entry == nullptr ? std::to_string(group) : entry->gr_name;
}

Attempt attempt_as(const Account& account, const std::function<std::optional<Problem>()>& attempt,
                   const std::string& root) {
  const auto not_made = [](Doubt doubt, std::string why) {
    return Attempt{std::nullopt, doubt, std::move(why)};
  };
  if (geteuid() != 0 && (account.user != geteuid() || !root.empty()))
    return not_made(Doubt::NotAllowed, "only root can see what user " + account.name + " may do");
  auto pipe = open_pipe();
  if (!pipe) return not_made(Doubt::Late, pipe.error().what);
  const auto child = fork();
  if (child < 0) return not_made(Doubt::Late, std::strerror(errno));
  if (child == 0) {
    if (!become(account, root)) _exit(1);
    tell_and_end(pipe->write.get(), attempted(attempt));
  }
  pipe->write = Fd();
  const auto words = read_all(pipe->read.get());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return not_made(Doubt::Late, "the attempt as user " + account.name + " did not end well");
  return {decode(words)};
}

}  // namespace pams::milter::doctor
