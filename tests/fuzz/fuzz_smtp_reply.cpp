// Promise: whatever a smart host says, the replies read of it are bounded, harmless to a terminal and of the
// codes that SMTP has, and what it offers can be asked for.
#include <chrono>
#include <cstring>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/smart_host/smart_host_session.hpp"
#include "rules/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pams::milter;
using pams::fuzz::promise;

namespace {

/// Fits into a socket's buffer: one thread plays both sides.
constexpr std::size_t kMaxInput = 64U << 10U;

/// A socket in the abstract name space, which leaves no file behind.
class Server {
 public:
  Server() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    socklen_t size = sizeof address_.bytes;
    auto* const bound = reinterpret_cast<sockaddr*>(&address_.bytes);
    // Without a name the kernel chooses one.
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any.sun_family) != 0 ||
        ::listen(listener_.get(), 1) != 0 || ::getsockname(listener_.get(), bound, &size) != 0)
      throw std::runtime_error("no listener");
    address_.size = size;
  }
  /// A connection to somebody who says that and hangs up.
  smart_host::SmtpConnection saying(std::string_view bytes) const {
    auto connection = smart_host::SmtpConnection::connect(address_, smart_host::Deadline::max()).value();
    const Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("the buffer is too small");
    return connection;
  }

 private:
  Fd listener_;
  smart_host::SocketAddress address_;
};

void check(const smart_host::SmtpReply& reply) {
  promise(reply.code >= 200 && reply.code <= 599, "a code is one that SMTP has");
  promise(!reply.lines.empty() && reply.lines.size() <= 100, "a reply is bounded");
  for (const auto& line : reply.lines)
    promise(line == pams::text::printable(line, line.size()), "a reply is harmless to a terminal");
}

void check(const smart_host::SmtpFeatures& features) {
  for (const auto* const keyword : {"STARTTLS", "SIZE", "AUTH", "8BITMIME", "DSN", "SMTPUTF8"})
    if (const auto offered = features.offered(keyword))
      promise(*offered == pams::text::trim(*offered), "what is offered has no blanks around it");
  promise(features.size_limit() == 0 || features.offered("SIZE").has_value(),
          "a limit is one that was given");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Server server;
  const auto input = pams::fuzz::text_of(data, std::min(size, kMaxInput));
  auto connection = server.saying(input);
  std::size_t replies = 0;
  for (; auto reply = connection.read_reply(smart_host::Deadline::max()); ++replies) {
    promise(replies < input.size(), "there are no more replies than bytes");
    check(*reply);
    check(smart_host::SmtpFeatures(*reply));
  }
  return 0;
}
