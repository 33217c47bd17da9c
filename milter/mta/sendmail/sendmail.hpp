/// Sendmail as pams-milter sees it: the files of its directory, and what its own rules answer in address test
/// mode (`sendmail -bt`). Of the queue it changes only what it is told to; it reloads nothing. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::mta {

/// Its name in Sendmail's directory.
inline constexpr const char* kFeatureFile = "pams-milter.m4";

class Sendmail {
 public:
  explicit Sendmail(const Settings& settings, std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// What `sendmail -bt` prints when it is told `lines`, on sendmail.cf.
  Result<std::string> test(const std::vector<std::string>& lines) const;

  /// Both need root. Tries one message of the queue now, and waits for the outcome.
  Status run_queue(const std::string& id) const;
  Status end_quarantine(const std::string& id) const;

  /// Paths in Sendmail's directory.
  std::string cf() const { return path("sendmail.cf"); }
  std::string mc() const { return path("sendmail.mc"); }
  std::string submission_cf() const { return path("submit.cf"); }
  std::string feature() const;
  const std::string& directory() const { return directory_; }
  const std::string& program() const { return program_; }

 private:
  Result<std::string> ask(const std::vector<std::string>& arguments, const std::string& input,
                          std::chrono::milliseconds timeout) const;
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  std::string program_;
  std::chrono::milliseconds timeout_;
};

}  // namespace pams::milter::mta
