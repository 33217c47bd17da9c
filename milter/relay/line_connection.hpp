/// One socket that speaks in lines: every wait has a deadline, and another descriptor can end it. Used for
/// both sides of the relay that are not TLS: the MTA, and what takes reports by LMTP. Used by one thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "milter/base/fd.hpp"
#include "milter/smart_host/host_lookup.hpp"

namespace pams::milter::relay {

class LineConnection {
 public:
  enum class IoResult {
    Done,
    Closed,    ///< or broken
    TimedOut,  ///< the deadline has passed
    Watched,   ///< what watch() named has happened
    TooLong,   ///< a line without an end
  };
  struct Line {
    IoResult outcome = IoResult::Done;
    std::string text;  ///< without CRLF; may hold any other byte
  };

  /// Makes the socket non-blocking.
  explicit LineConnection(Fd socket);

  /// Waits end when `events` (of poll) are seen at `descriptor`; -1 for none. It is not owned.
  void watch(int descriptor, short events);

  /// Until CRLF; only that ends a line.
  Line read_line(smart_host::Deadline deadline, std::size_t maximum);
  /// What has come and was not taken yet; fill() waits for more, and take() says what is used.
  std::string_view unread() const { return std::string_view(buffer_).substr(taken_); }
  IoResult fill(smart_host::Deadline deadline);
  void take(std::size_t count) { taken_ += count; }

  IoResult send(std::string_view bytes, smart_host::Deadline deadline);

  int descriptor() const { return socket_.get(); }

 private:
  IoResult wait(short events, smart_host::Deadline deadline) const;

  Fd socket_;
  int watched_ = -1;
  short watched_events_ = 0;
  std::string buffer_;
  std::size_t taken_ = 0;
};

/// "it hangs up", "no answer in time", ...
std::string_view to_string(LineConnection::IoResult outcome);

}  // namespace pams::milter::relay
