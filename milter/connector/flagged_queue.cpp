#include "milter/connector/flagged_queue.hpp"

#include <filesystem>
#include <set>

#include "milter/connector/process.hpp"
#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostMessages = 20000;
constexpr std::size_t kMostNamed = 100;

/// Messages move while we look: also back, from deferred to active and from hold to deferred.
Result<std::set<std::string>> queue_files(const std::string& queue) {
  std::set<std::string> files;
  for (const auto* folder : {"maildrop", "incoming", "active", "hold", "deferred", "incoming", "active"}) {
    std::error_code problem;
    for (fs::recursive_directory_iterator at(fs::path(queue) / folder, problem), end; at != end && !problem;
         at.increment(problem)) {
      if (!at->is_regular_file(problem)) continue;
      files.insert(at->path().string());
      if (files.size() > kMostMessages)
        return fail(Failure::Temporary, "more than " + std::to_string(kMostMessages) + " messages");
    }
    if (problem && problem != std::errc::no_such_file_or_directory)
      return fail(Failure::Misconfigured, queue + "/" + folder + ": " + problem.message());
  }
  return files;
}

bool has_field(std::string_view header, std::string_view name) {
  for (const auto line : text::split(header, '\n'))
    if (const auto colon = line.find(':');
        colon != std::string_view::npos && text::iequals(text::trim_right(line.substr(0, colon)), name))
      return true;
  return false;
}

}  // namespace

Result<std::vector<std::string>> flagged_in_queue(const Postfix& postfix, const std::string& header) {
  const auto postcat = find_program("postcat");
  if (postcat.empty()) return fail(Failure::Misconfigured, "postcat is not found: is Postfix installed?");
  const auto queue = postfix.parameter("queue_directory");
  if (!queue) return tl::unexpected(queue.error());
  const auto files = queue_files(*queue);
  if (!files) return tl::unexpected(files.error());
  std::vector<std::string> flagged;
  for (const auto& file : *files) {
    const auto seen = run_process({postcat, "-h", file},
                                  {"MAIL_CONFIG=" + postfix.config_directory(), "PATH=/usr/sbin:/usr/bin"},
                                  std::chrono::seconds(10));
    if (!seen) return tl::unexpected(seen.error());
    if (seen->exit_code != 0 && fs::exists(file))
      return fail(Failure::Temporary, "postcat cannot read " + file + ": " + text::printable(seen->errors));
    if (has_field(seen->output, header) && flagged.size() < kMostNamed)
      flagged.push_back(fs::path(file).filename().string());
  }
  return flagged;
}

}  // namespace pams::milter
