/// One SMTP conversation with a smart host, in clear at first and over TLS after start_tls(), for whoever
/// must know or use it. The other side is not believed: every wait ends at the deadline given, however slowly
/// it drips; lines and replies are bounded; what it sends too early is seen. Nothing here decides whether TLS
/// is good (tls_proof.hpp). After a failure it is of no more use. Used by one thread, which must ignore or
/// block SIGPIPE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "milter/base/fd.hpp"
#include "milter/smart_host/host_lookup.hpp"
#include "rules/base/c_ptr.hpp"

namespace pams::milter::smart_host {

struct SmtpReply {
  int code = 0;
  std::vector<std::string> lines;  ///< without the code, made printable
  /// "250 first line", as a log shows it.
  std::string text() const;
};

class SmtpConnection {
 public:
  /// All failures here and below are Failure::Temporary, with what happened in words.
  static Result<SmtpConnection> connect(const SocketAddress& address, Deadline deadline,
                                        const Cancellation& cancellation = {});
  /// Breaks off this and every later wait with "cancelled".
  void cancel_on(const Cancellation& cancellation) { cancellation_ = cancellation; }

  Result<SmtpReply> read_reply(Deadline deadline);
  /// Sends `line` with CRLF and reads the answer. Fails when there was one already.
  Result<SmtpReply> command(std::string_view line, Deadline deadline);
  /// All of them, as they are. They are not copied.
  Status send(std::string_view bytes, Deadline deadline);
  /// Bytes after the last reply, which nobody has asked for.
  bool has_unread_bytes();
  /// Whether it still stands and is silent. What TLS alone has to say counts as noise.
  bool is_idle();
  int descriptor() const { return socket_.get(); }
  /// The handshake. It does not look at the certificate; see tls().
  Status start_tls(SSL_CTX* context, Deadline deadline);
  /// Null before start_tls().
  SSL* tls() const { return tls_.get(); }

 private:
  explicit SmtpConnection(Fd socket) : socket_(std::move(socket)) {}
  Status wait(short events, Deadline deadline) const;
  /// After an SSL call that gave `outcome`: waits when that helps, otherwise says what is wrong.
  Status retry_tls(int outcome, Deadline deadline) const;
  Status receive(Deadline deadline);
  Status receive_tls(Deadline deadline);
  Status send_tls(std::string_view bytes, Deadline deadline);
  Result<std::string> read_line(Deadline deadline);

  Fd socket_;
  Cancellation cancellation_;
  CPtr<SSL, SSL_free> tls_;
  std::string unread_;
};

}  // namespace pams::milter::smart_host
