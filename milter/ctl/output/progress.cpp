#include "milter/ctl/output/progress.hpp"

#include <algorithm>
#include <iostream>

#include <unistd.h>

#include "milter/ctl/output/terminal.hpp"

namespace pams::milter::ctl::output {
namespace {

constexpr std::chrono::milliseconds kBetween(200);  // also before the first: short work shows none

std::string bar(std::int64_t done, std::int64_t total) {
  constexpr std::int64_t kWidth = 30;
  const auto full = static_cast<std::size_t>(std::clamp<std::int64_t>(done * kWidth / total, 0, kWidth));
  return "[" + std::string(full, '#') + std::string(kWidth - full, ' ') + "] ";
}

}  // namespace

Progress::Progress(std::string what)
    : what_(std::move(what)),
      is_shown_(is_terminal() && ::isatty(STDERR_FILENO) != 0),
      next_(std::chrono::steady_clock::now() + kBetween) {}

Progress::~Progress() {
  if (is_drawn_) std::cerr << "\r\033[K";
}

void Progress::at(std::int64_t done, std::int64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_shown_ || now < next_) return;
  next_ = now + kBetween;
  is_drawn_ = true;
  std::cerr << '\r' << (total > 0 ? bar(done, total) : "") << done;
  if (total > 0) std::cerr << " of " << total;
  std::cerr << ' ' << what_ << "\033[K" << std::flush;
}

}  // namespace pams::milter::ctl::output
