#include "milter/doctor/checks/other_instances.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "milter/config/files.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

namespace fs = std::filesystem;

/// The configuration directories of the masters that run. Only root may read their environment.
std::vector<std::string> running_directories() {
  std::vector<std::string> directories;
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    if (text::trim(read_file(process.path() / "comm").value_or("")) != "master") continue;
    const auto environment = read_file(process.path() / "environ").value_or("");
    for (const auto variable : text::split(environment, '\0'))
      if (variable.starts_with("MAIL_CONFIG=")) directories.emplace_back(variable.substr(12));
  }
  return directories;
}

bool is_same(const std::string& one, const std::string& other) {
  std::error_code error;
  return fs::path(one).lexically_normal() == fs::path(other).lexically_normal() ||
         fs::equivalent(one, other, error);
}

}  // namespace

std::vector<std::string> other_instances(const std::string& ours) {
  auto directories = running_directories();
  directories.emplace_back("/etc/postfix");
  for (const auto& directory : {ours, std::string("/etc/postfix")}) {
    std::error_code error;
    if (!fs::exists(directory + "/main.cf", error)) continue;
    if (const auto named = mta::Postfix(directory).parameter("multi_instance_directories"))
      for (const auto& one : mta::split_list(*named)) directories.push_back(one);
  }
  std::set<std::string> seen;
  std::erase_if(directories, [&](const std::string& directory) {
    std::error_code error;
    return is_same(directory, ours) || !fs::exists(directory + "/main.cf", error) ||
           !seen.insert(directory).second;
  });
  return directories;
}

}  // namespace pams::milter::doctor
