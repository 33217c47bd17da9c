#include "milter/journal/submission.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "milter/base/fd.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::journal {
namespace {

using Outcome = Submitted::SubmissionStatus;

constexpr std::size_t kLongestReply = 64 * 1024;
constexpr time_t kTimeout = 300;       // RFC 5321 4.5.3.2: most commands
constexpr time_t kTimeoutAtEnd = 600;  // 4.5.3.2.6: the answer to the message
constexpr std::size_t kPieceSize = 64 * 1024;

struct Reply {
  int code = 0;  ///< 0: none came
  std::string text;
};

/// Lines out, replies in.
class Conversation {
 public:
  /// Numeric addresses only, so no look-up can lead elsewhere.
  static std::optional<Conversation> begin(const std::string& listener, std::string& error) {
    const auto colon = listener.rfind(':');
    auto host = listener.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), listener.c_str() + colon + 1, &hints, &found) != 0) {
      error = listener + " is no address";
      return std::nullopt;
    }
    Conversation conversation(Fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    conversation.wait_at_most(kTimeout);
    const bool connected =
        conversation.socket_ && ::connect(conversation.socket_.get(), found->ai_addr, found->ai_addrlen) == 0;
    if (!connected) error = "cannot connect to " + listener + ": " + std::strerror(errno);
    ::freeaddrinfo(found);
    if (!connected) return std::nullopt;
    return conversation;
  }

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Reply ask(const std::string& command) { return send(command + "\r\n") ? reply() : Reply{}; }

  /// All lines of one reply; its code is the last line's.
  Reply reply() {
    Reply whole;
    for (;;) {
      const auto end = unread_.find('\n');
      if (end == std::string::npos) {
        if (!receive() || unread_.size() > kLongestReply) return {};
        continue;
      }
      const auto line = std::string(text::trim_right(std::string_view(unread_).substr(0, end)));
      unread_.erase(0, end + 1);
      whole.text += (whole.text.empty() ? "" : " / ") + text::printable(line);
      if (line.size() < 3 || whole.text.size() > kLongestReply) return {};
      if (line.size() > 3 && line[3] == '-') continue;
      for (const char digit : line.substr(0, 3)) {
        if (!text::is_digit(digit)) return {};
        whole.code = whole.code * 10 + (digit - '0');
      }
      return whole;
    }
  }

  void wait_at_most(time_t seconds) const {
    const timeval limit{seconds, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

 private:
  explicit Conversation(Fd socket) : socket_(std::move(socket)) {}

  bool receive() {
    std::array<char, 4096> block{};
    for (;;) {
      const auto count = ::recv(socket_.get(), block.data(), block.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      unread_.append(block.data(), static_cast<std::size_t>(count));
      return true;
    }
  }

  Fd socket_;
  std::string unread_;
};

/// RFC 5321 4.5.2. A dot after a bare LF is doubled too: to an MTA that takes LF for a line's end it must
/// not end the message.
class DottedLines {
 public:
  explicit DottedLines(const Conversation& conversation) : conversation_(conversation) {}

  bool send(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '.' && at_line_begin_) piece_ += '.';
      piece_ += c;
      at_line_begin_ = c == '\n';
      if (piece_.size() >= kPieceSize && !flush()) return false;
    }
    return true;
  }
  bool end() {
    if (!at_line_begin_) piece_ += "\r\n";
    piece_ += ".\r\n";
    return flush();
  }

 private:
  bool flush() {
    const bool sent = conversation_.send(piece_);
    piece_.clear();
    return sent;
  }

  const Conversation& conversation_;
  std::string piece_;
  bool at_line_begin_ = true;
};

Submitted judged(const Reply& reply, std::string_view at) {
  if (reply.code == 0) return {Outcome::Later, "the connection broke off at " + std::string(at)};
  return {reply.code >= 500 ? Outcome::Refused : Outcome::Later, std::string(at) + ": " + reply.text};
}

Submitted send_content(Conversation& conversation, const Submission& submission) {
  if (const auto ready = conversation.ask("DATA"); ready.code != 354) return judged(ready, "DATA");
  DottedLines lines(conversation);
  const auto sent = submission.content([&](std::string_view bytes) -> Status {
    if (lines.send(bytes)) return {};
    return fail(Failure::Temporary, "the connection broke off in the message");
  });
  // Hanging up without the final dot: the MTA drops what it has.
  if (!sent) return {Outcome::Later, sent.error().what};
  conversation.wait_at_most(kTimeoutAtEnd);
  const auto taken = lines.end() ? conversation.reply() : Reply{};
  if (taken.code / 100 != 2) return judged(taken, "the end of the message");
  conversation.send("QUIT\r\n");
  return {Outcome::Taken, taken.text};
}

}  // namespace

Submitted submit(const Submission& submission) {
  std::string error;
  auto conversation = Conversation::begin(submission.listener, error);
  if (!conversation) return {Outcome::Unreachable, error};
  auto reply = conversation->reply();
  if (reply.code / 100 == 2) reply = conversation->ask("EHLO localhost");
  if (reply.code / 100 == 2)
    reply = conversation->ask(std::string("MAIL FROM:<>") + (submission.has_8bit ? " BODY=8BITMIME" : ""));
  // What is refused before the recipient is no word about this report.
  if (reply.code / 100 != 2)
    return {Outcome::Unreachable, submission.listener + (reply.code == 0 ? " hangs up" : ": " + reply.text)};
  const auto recipient = conversation->ask("RCPT TO:<" + submission.recipient + ">");
  if (recipient.code / 100 != 2) return judged(recipient, "RCPT");
  return send_content(*conversation, submission);
}

}  // namespace pams::milter::journal
