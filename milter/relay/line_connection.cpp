#include "milter/relay/line_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace pams::milter::relay {
namespace {

constexpr std::size_t kPieceSize = 32 * 1024;

int milliseconds_until(smart_host::Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 24 * 3600 * 1000));
}

}  // namespace

std::string_view to_string(LineConnection::IoResult outcome) {
  switch (outcome) {
    case LineConnection::IoResult::Done:
      return "done";
    case LineConnection::IoResult::Closed:
      return "it hangs up";
    case LineConnection::IoResult::TimedOut:
      return "no answer in time";
    case LineConnection::IoResult::Watched:
      return "broken off";
    case LineConnection::IoResult::TooLong:
      return "it sends a line without an end";
  }
  return "";
}

LineConnection::LineConnection(Fd socket) : socket_(std::move(socket)) {
  const int flags = ::fcntl(socket_.get(), F_GETFL);
  (void)::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
}

void LineConnection::watch(int descriptor, short events) {
  watched_ = descriptor;
  watched_events_ = events;
}

LineConnection::IoResult LineConnection::wait(short events, smart_host::Deadline deadline) const {
  std::array<pollfd, 2> waiting{pollfd{socket_.get(), events, 0}, pollfd{watched_, watched_events_, 0}};
  for (;;) {
    const int count = ::poll(waiting.data(), waiting.size(), milliseconds_until(deadline));
    if (count < 0 && errno != EINTR) return IoResult::Closed;
    if (count == 0) return IoResult::TimedOut;
    if (count < 0) continue;
    if (waiting[1].revents != 0) return IoResult::Watched;
    return IoResult::Done;
  }
}

LineConnection::IoResult LineConnection::fill(smart_host::Deadline deadline) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  for (;;) {
    if (const auto ready = wait(POLLIN, deadline); ready != IoResult::Done) return ready;
    std::array<char, kPieceSize> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): 32 KiB a read
    const auto count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (count == 0) return IoResult::Closed;
    if (count < 0 && errno != EAGAIN && errno != EINTR) return IoResult::Closed;
    if (count < 0) continue;
    buffer_.append(piece.data(), static_cast<std::size_t>(count));
    return IoResult::Done;
  }
}

LineConnection::Line LineConnection::read_line(smart_host::Deadline deadline, std::size_t maximum) {
  std::size_t searched = 0;
  for (;;) {
    const auto there = unread();
    const auto end = there.find("\r\n", searched);
    if (std::min(end, there.size()) > maximum) return {IoResult::TooLong, ""};
    if (end != std::string_view::npos) {
      Line line{IoResult::Done, std::string(there.substr(0, end))};
      take(end + 2);
      return line;
    }
    searched = there.empty() ? 0 : there.size() - 1;
    if (const auto filled = fill(deadline); filled != IoResult::Done) return {filled, ""};
  }
}

LineConnection::IoResult LineConnection::send(std::string_view bytes, smart_host::Deadline deadline) {
  while (!bytes.empty()) {
    if (const auto ready = wait(POLLOUT, deadline); ready != IoResult::Done) return ready;
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return IoResult::Closed;
    bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return IoResult::Done;
}

}  // namespace pams::milter::relay
