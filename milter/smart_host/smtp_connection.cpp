#include "milter/smart_host/smtp_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "rules/base/text.hpp"

namespace pams::milter::smart_host {
namespace {

// RFC 5321 4.5.3.1.5 allows 512 bytes a reply line; servers write longer ones.
constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMaxLines = 100;

tl::unexpected<Error> temporary(const std::string& what) { return fail(Failure::Temporary, what); }
tl::unexpected<Error> system_failure(const char* what) {
  return temporary(std::string(what) + ": " + std::strerror(errno));
}

/// Why OpenSSL gave up, for somebody who does not know OpenSSL.
std::string tls_error() {
  const auto code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  if (code == 0 || reason == nullptr) return "it closed the connection";
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return "it closed the connection";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "it does not speak TLS 1.2 or later";
    case SSL_R_WRONG_VERSION_NUMBER:
      return "it answered the handshake with something that is not TLS";
    default:
      return reason;
  }
}

/// "250-text" or "250 text": code, last line or not, text.
bool is_reply_line(std::string_view line) {
  return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && text::is_digit(line[1]) &&
         text::is_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

}  // namespace

std::string SmtpReply::text() const {
  return std::to_string(code) + (lines.empty() || lines.front().empty() ? "" : " " + lines.front());
}

Result<SmtpConnection> SmtpConnection::connect(const SocketAddress& address, Deadline deadline,
                                               const Cancellation& cancellation) {
  const auto family = address.bytes.ss_family;
  SmtpConnection connection(Fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  if (!connection.socket_) return system_failure("no socket");
  connection.cancel_on(cancellation);
  const auto fd = connection.socket_.get();
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) return connection;
  if (errno != EINPROGRESS) return temporary(std::strerror(errno));
  if (const auto ready = connection.wait(POLLOUT, deadline); !ready) return tl::unexpected(ready.error());
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return temporary(std::strerror(error));
  return connection;
}

Status SmtpConnection::wait(short events, Deadline deadline) const {
  return wait_for(socket_.get(), events, deadline, cancellation_);
}

Status SmtpConnection::retry_tls(int outcome, Deadline deadline) const {
  switch (SSL_get_error(tls_.get(), outcome)) {
    case SSL_ERROR_WANT_READ:
      return wait(POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
      return wait(POLLOUT, deadline);
    default:
      return temporary(tls_error());
  }
}

Status SmtpConnection::start_tls(SSL_CTX* context, Deadline deadline) {
  ERR_clear_error();
  tls_.reset(SSL_new(context));
  if (tls_) {
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
    // Otherwise OpenSSL reads on by itself, past the deadline, while it gets records without content.
    SSL_clear_mode(tls_.get(), SSL_MODE_AUTO_RETRY);
  }
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.get()) != 1) return temporary(tls_error());
  for (;;) {
    ERR_clear_error();
    const int outcome = SSL_connect(tls_.get());
    if (outcome == 1) return {};
    if (const auto again = retry_tls(outcome, deadline); !again) return again;
  }
}

Status SmtpConnection::receive_tls(Deadline deadline) {
  std::array<char, 4096> buffer{};
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (count > 0) {
      unread_.append(buffer.data(), static_cast<std::size_t>(count));
      return {};
    }
    if (const auto again = retry_tls(count, deadline); !again) return again;
  }
}

Status SmtpConnection::receive(Deadline deadline) {
  if (tls_) return receive_tls(deadline);
  std::array<char, 4096> buffer{};
  if (const auto ready = wait(POLLIN, deadline); !ready) return ready;
  const auto count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (count < 0) return system_failure("the connection broke");
  if (count == 0) return temporary("it closed the connection");
  unread_.append(buffer.data(), static_cast<std::size_t>(count));
  return {};
}

Status SmtpConnection::send_tls(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    // Also while the socket takes everything: the deadline and a cancellation count between pieces.
    if (const auto ready = wait(POLLOUT, deadline); !ready) return ready;
    ERR_clear_error();
    std::size_t taken = 0;  // a TLS record's worth, because of SSL_MODE_ENABLE_PARTIAL_WRITE
    const int outcome = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &taken);
    if (outcome == 1) {
      bytes.remove_prefix(taken);
    } else if (const auto again = retry_tls(outcome, deadline); !again) {
      return again;
    }
  }
  return {};
}

Status SmtpConnection::send(std::string_view bytes, Deadline deadline) {
  if (tls_) return send_tls(bytes, deadline);
  while (!bytes.empty()) {
    if (const auto ready = wait(POLLOUT, deadline); !ready) return ready;
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return system_failure("the connection broke");
    bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> SmtpConnection::read_line(Deadline deadline) {
  std::size_t searched = 0;
  for (;;) {
    const auto end = unread_.find('\n', searched);
    if (std::min(end, unread_.size()) > kLongestLine) return temporary("it sends a line without an end");
    if (end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    searched = unread_.size();
    if (const auto more = receive(deadline); !more) return tl::unexpected(more.error());
  }
}

Result<SmtpReply> SmtpConnection::read_reply(Deadline deadline) {
  SmtpReply reply;
  while (reply.lines.size() < kMaxLines) {
    const auto line = read_line(deadline);
    if (!line) return tl::unexpected(line.error());
    if (!is_reply_line(*line))
      return temporary("it answers with '" + text::printable(*line, 80) + "', not SMTP");
    reply.code = (*line)[0] * 100 + (*line)[1] * 10 + (*line)[2] - '0' * 111;
    reply.lines.push_back(
        text::printable(std::string_view(*line).substr(std::min<std::size_t>(4, line->size()))));
    if (line->size() == 3 || (*line)[3] == ' ') return reply;
  }
  return temporary("its answer has no end");
}

Result<SmtpReply> SmtpConnection::command(std::string_view line, Deadline deadline) {
  // Otherwise its next answers would be taken for those to the wrong commands.
  if (!unread_.empty()) return temporary("it answered more than it was asked");
  if (const auto sent = send(std::string(line) + "\r\n", deadline); !sent)
    return tl::unexpected(sent.error());
  return read_reply(deadline);
}

bool SmtpConnection::is_idle() {
  if (!unread_.empty() || (tls_ && SSL_has_pending(tls_.get()) == 1)) return false;
  pollfd said{socket_.get(), POLLIN | POLLRDHUP, 0};
  return poll(&said, 1, 0) == 0;
}

bool SmtpConnection::has_unread_bytes() {
  if (!unread_.empty()) return true;
  char one = 0;
  return !tls_ && recv(socket_.get(), &one, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace pams::milter::smart_host
