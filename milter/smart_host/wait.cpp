#include "milter/smart_host/wait.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>

namespace pams::milter::smart_host {
namespace {

/// poll() counts in int; longer waits go round once more.
int milliseconds_to(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 3'600'000));
}

}  // namespace

Status wait_for(int descriptor, short events, Deadline deadline, const Cancellation& cancellation) {
  for (;;) {
    const int left = milliseconds_to(deadline);
    std::array waiting{pollfd{descriptor, events, 0}, pollfd{cancellation.descriptor, POLLIN | POLLRDHUP, 0},
                       pollfd{cancellation.client, POLLRDHUP, 0}};
    const int count = poll(waiting.data(), waiting.size(), left);
    if (count < 0 && errno != EINTR)
      return fail(Failure::Temporary, std::string("cannot be waited for: ") + std::strerror(errno));
    if (count > 0 && (waiting[1].revents != 0 || waiting[2].revents != 0))
      return fail(Failure::Temporary, "cancelled");
    if (left == 0) return fail(Failure::Temporary, "no answer in time");
    if (count > 0) return {};
  }
}

}  // namespace pams::milter::smart_host
