/// Keeps the MTA waiting while something takes long: an MTA that hears nothing for its content timeout
/// answers 451 by itself and does not learn what became of the message.
#pragma once

#include <chrono>
#include <future>

#include <libmilter/mfapi.h>

namespace pams::milter::session {

inline constexpr std::chrono::seconds kProgressInterval{2};

/// Belongs to one message at its end.
class Progress {
 public:
  explicit Progress(SMFICTX* context) : context_(context) {}

  /// Runs `work` on a thread of its own and tells the MTA every few seconds that it goes on. What `work`
  /// throws is thrown here. `work` must not use the connection.
  template <class Work>
  auto during(Work work) const {
    auto result = std::async(std::launch::async, std::move(work));
    while (result.wait_for(kProgressInterval) != std::future_status::ready) smfi_progress(context_);
    return result.get();
  }

  /// On this thread where `work` cannot take long.
  template <class Work>
  auto during_if(bool may_take_long, Work work) const {
    return may_take_long ? during(std::move(work)) : work();
  }

  /// For work that stays on this thread and can call in between.
  void tell_if_due() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < kProgressInterval) return;
    smfi_progress(context_);
    last_ = now;
  }

 private:
  SMFICTX* context_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace pams::milter::session
