/// A progress bar on standard error, for work that may take long: only when both outputs are a terminal, and
/// nothing at all elsewhere. It is gone when the work ends. For one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pams::milter::ctl::output {

class Progress {
 public:
  /// `what` in one word: "exported".
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `total` 0: nobody knows. Cheap enough to call for each record.
  void at(std::int64_t done, std::int64_t total);

 private:
  const std::string what_;
  const bool is_shown_;
  std::chrono::steady_clock::time_point next_;
  bool is_drawn_ = false;
};

}  // namespace pams::milter::ctl::output
