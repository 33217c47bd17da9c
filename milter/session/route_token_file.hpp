/// The route token as it stands in its file: read when first asked for, and again when the file changes. Any
/// thread.
#pragma once

#include <mutex>
#include <string>
#include <tuple>

#include <sys/stat.h>

#include "rules/base/result.hpp"

namespace pams::milter {

class RouteTokenFile {
 public:
  explicit RouteTokenFile(std::string path) : path_(std::move(path)) {}
  Result<std::string> read();

 private:
  using Version = std::tuple<ino_t, off_t, mode_t, time_t, long, time_t, long>;

  const std::string path_;
  std::mutex mutex_;
  Version version_;
  Result<std::string> token_ = fail(Failure::Misconfigured, "never read");
};

}  // namespace pams::milter
