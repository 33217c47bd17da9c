#include "milter/routing/routed_queue.hpp"

#include <filesystem>
#include <set>
#include <vector>

#include "milter/mta/process.hpp"
#include "milter/seal/carrier.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::routing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMessages = 20000;

/// Messages move while we look: also back, from deferred to active and from hold to deferred.
Result<std::set<std::string>> queue_files(const std::string& queue) {
  std::set<std::string> files;
  for (const auto* directory : {"maildrop", "incoming", "active", "hold", "deferred", "incoming", "active"}) {
    std::error_code problem;
    for (fs::recursive_directory_iterator at(fs::path(queue) / directory, problem), end;
         at != end && !problem; at.increment(problem)) {
      if (!at->is_regular_file(problem)) continue;
      files.insert(at->path().string());
      if (files.size() > kMaxMessages)
        return fail(Failure::Temporary, "more than " + std::to_string(kMaxMessages) + " messages");
    }
    if (problem && problem != std::errc::no_such_file_or_directory)
      return fail(Failure::Misconfigured, queue + "/" + directory + ": " + problem.message());
  }
  return files;
}

struct Field {
  std::string_view name;
  std::string value;  ///< without its folds
};

std::vector<Field> fields_of(std::string_view header) {
  std::vector<Field> fields;
  for (const auto line : text::split(header, '\n')) {
    const bool continues = line.starts_with(' ') || line.starts_with('\t');
    if (continues && !fields.empty()) {
      fields.back().value += line;
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      fields.push_back({text::trim_right(line.substr(0, colon)), std::string(line.substr(colon + 1))});
    }
  }
  return fields;
}

}  // namespace

void RoutedQueue::add(const std::string& name, std::string_view header, std::string_view flag) {
  bool has_flag = false;
  std::optional<seal::SealedField> sealed_field;
  for (const auto& field : fields_of(header)) {
    has_flag = has_flag || text::iequals(field.name, flag);
    if (text::iequals(field.name, seal::kSealedHeader))
      sealed_field = seal::parse_sealed_field(text::trim(field.value));
  }
  if (has_flag) {
    ++unsealed;
    an_unsealed = name;
  } else if (sealed_field) {
    ++sealed;
    a_sealed = name;
  }
  if (sealed_field) ++keys[sealed_field->key_id];
}

Result<RoutedQueue> look_through_queue(const mta::Postfix& postfix, const std::string& flag) {
  const auto postcat = mta::find_program("postcat");
  if (postcat.empty()) return fail(Failure::Misconfigured, "postcat is not found: is Postfix installed?");
  const auto queue = postfix.parameter("queue_directory");
  if (!queue) return tl::unexpected(queue.error());
  const auto files = queue_files(*queue);
  if (!files) return tl::unexpected(files.error());
  RoutedQueue found;
  for (const auto& file : *files) {
    const auto seen = mta::run_process(
        {postcat, "-h", file}, {"MAIL_CONFIG=" + postfix.config_directory(), "PATH=/usr/sbin:/usr/bin"},
        std::chrono::seconds(10));
    if (!seen) return tl::unexpected(seen.error());
    if (seen->exit_code != 0 && fs::exists(file))
      return fail(Failure::Temporary, "postcat cannot read " + file + ": " + text::printable(seen->errors));
    found.add(fs::path(file).filename().string(), seen->output, flag);
  }
  return found;
}

}  // namespace pams::milter::routing
