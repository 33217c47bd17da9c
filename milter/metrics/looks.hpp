/// Looks at what only a look can tell (disks, databases, servers), again and again, so that who asks for
/// metrics or health gets the last answer at once. Each look has a thread of its own: one that hangs holds up
/// no other, and nobody waits for it. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "milter/metrics/findings.hpp"

namespace pams::milter::metrics {

struct Look {
  std::string name;                 ///< "archive"
  std::chrono::milliseconds pause;  ///< after it, five seconds at most while it has problems; at least nine
                                    ///< times as long as the look took
  /// What it throws is a problem where it is for health. It may take its time, and holds what it needs.
  std::function<Findings()> ask;
  bool is_for_health = true;  ///< false: it gives values alone; none is no problem
};

class Looks {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  explicit Looks(Clock clock = std::chrono::steady_clock::now);
  Looks(const Looks&) = delete;
  Looks& operator=(const Looks&) = delete;
  /// Does not wait for a look in work: what it finds is forgotten.
  ~Looks();

  /// From now on these, each with another name. What a look of the same name found before holds until the new
  /// one has an answer. The threads have the signals blocked that the caller has.
  void use(std::vector<Look> looks);

  /// What somebody else watches and tells when it changes; holds until it is told otherwise.
  void tell(const std::string& name, Findings findings);

  /// All of it. A look without an answer yet, or whose last answer is older than its pause and a minute, has
  /// no samples, and that it does not answer is a problem where it is for health.
  Findings findings() const;

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace pams::milter::metrics
