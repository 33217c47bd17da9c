/// Which files a configuration was made from, and whether they are still the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "rules/schema/read.hpp"

namespace pams::milter {

/// One thread.
class SourceList {
 public:
  /// The first content counts, when a file is read twice.
  void note(const std::string& path, const std::string& content);
  const std::vector<ConfigSources::File>& all() const { return sources_; }

 private:
  std::vector<ConfigSources::File> sources_;
};

/// `files`, whose reads are noted in `list`.
schema::Files noting_sources(schema::Files files, std::shared_ptr<SourceList> list);

/// What differs now from what `sources` were when they were loaded, a line each: "/x/rules.toml has changed",
/// "/x/new.toml is new", "/x/old.toml: No such file or directory (it was loaded)". Reads all of the files.
/// Any thread.
std::vector<std::string> changes_since_loaded(const ConfigSources& sources);

}  // namespace pams::milter
