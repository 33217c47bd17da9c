#include "milter/config/sources.hpp"

#include <algorithm>

#include "milter/base/sha256.hpp"
#include "milter/config/files.hpp"

namespace pams::milter {
namespace {

std::string digest_of(const std::string& content) { return Sha256().add(content).hex(); }

bool is_loaded(const ConfigSources& sources, const std::string& path) {
  return std::ranges::find(sources.files, path, &ConfigSources::File::path) != sources.files.end();
}

}  // namespace

void SourceList::note(const std::string& path, const std::string& content) {
  if (std::ranges::find(sources_, path, &ConfigSources::File::path) == sources_.end())
    sources_.push_back({path, digest_of(content)});
}

schema::Files noting_sources(schema::Files files, std::shared_ptr<SourceList> list) {
  files.read = [read = std::move(files.read), list = std::move(list)](const std::string& path) {
    auto content = read(path);
    if (content) list->note(path, *content);
    return content;
  };
  return files;
}

std::vector<std::string> changes_since_loaded(const ConfigSources& sources) {
  std::vector<std::string> changes;
  for (const auto& source : sources.files) {
    const auto content = read_file(source.path);
    if (!content)
      changes.push_back(content.error().what + " (it was loaded)");
    else if (digest_of(*content) != source.digest)
      changes.push_back(source.path + " has changed");
  }
  for (const auto& pattern : sources.includes) {
    const auto found = matching_files(pattern);
    if (!found) continue;  // a file of it that cannot be read is told above
    for (const auto& file : *found)
      if (!is_loaded(sources, file)) changes.push_back(file + " is new");
  }
  return changes;
}

}  // namespace pams::milter
