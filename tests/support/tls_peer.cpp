#include "tests/support/tls_peer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "milter/base/fd.hpp"
#include "rules/base/text.hpp"
#include "rules/mime/base64.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tls_identity.hpp"

namespace pams::test {

using milter::Fd;
using Stage = TlsPeer::Stage;
using Then = TlsPeer::Then;

struct TlsPeer::State {
  explicit State(Script wanted);
  void serve();
  Answer answer_at(Stage stage, const std::string& line);

  Script script;
  TemporaryFolder folder;
  std::string ca_file;
  TlsIdentity identity;
  CPtr<SSL_CTX, SSL_CTX_free> context;
  Fd listener;
  unsigned port = 0;
  std::thread thread;

  mutable std::mutex mutex;  ///< over everything below and script.answers
  mutable std::condition_variable changed;
  bool ends = false;
  std::list<Fd> sockets;  ///< of the connections that stand
  std::map<Stage, std::size_t> reached;
  std::vector<std::string> in_clear, over_tls, server_names;
  std::vector<Message> messages;
  std::size_t connections = 0, resumed = 0;
};

namespace {

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("tls_peer: ") + what);
}

std::string usual(Stage stage) {
  switch (stage) {
    case Stage::Greeting:
      return "220 smarthost.test ESMTP";
    case Stage::StartTls:
      return "220 2.0.0 go on";
    case Stage::Data:
      return "354 end with a dot";
    case Stage::EndOfData:
      return "250 2.0.0 queued";
    case Stage::Quit:
      return "221 2.0.0 bye";
    case Stage::Other:
      return "500 5.5.1 what?";
    default:
      return "250 2.0.0 fine";
  }
}

std::string base64(std::string_view bytes) {
  return text::replace_all(mime::encode_base64(bytes), "\r\n", "");
}

/// The other side has gone, or the test ends.
struct Over {};

class Conversation {
 public:
  Conversation(TlsPeer::State& peer, int socket) : peer_(peer), socket_(socket) {}

  void run() {
    say(Stage::Greeting, "");
    while (!over_) {
      const auto line = read_line();
      remember(line);
      obey(line);
    }
  }

 private:
  void remember(const std::string& line) {
    const std::lock_guard lock(peer_.mutex);
    (tls_ ? peer_.over_tls : peer_.in_clear).push_back(line);
  }

  void obey(const std::string& line) {
    const auto is = [&](std::string_view verb) { return text::istarts_with(line, verb); };
    if (is("EHLO")) return greet(line);
    if (is("STARTTLS")) return start_tls(line);
    if (is("AUTH")) return authenticate(line);
    if (is("MAIL")) return mail(line);
    if (is("RCPT")) return recipient(line);
    if (is("DATA")) return data(line);
    if (is("RSET")) {
      message_ = {};
      say(Stage::Rset, line);
      return;
    }
    over_ = is("QUIT");
    say(over_ ? Stage::Quit : Stage::Other, line);
  }

  void greet(const std::string& line) {
    auto words = tls_ ? peer_.script.words : peer_.script.clear_words;
    if (tls_ && !peer_.script.user.empty()) words.push_back("AUTH " + peer_.script.mechanisms);
    say(tls_ ? Stage::EhloOverTls : Stage::Ehlo, line, listed(words));
  }
  static std::string listed(const std::vector<std::string>& words) {
    std::string out = words.empty() ? "250 smarthost.test" : "250-smarthost.test";
    for (std::size_t i = 0; i < words.size(); ++i)
      out += (i + 1 < words.size() ? "\r\n250-" : "\r\n250 ") + words[i];
    return out;
  }

  void start_tls(const std::string& line) {
    if (!say(Stage::StartTls, line)) return;
    const auto answer = peer_.answer_at(Stage::Handshake, "");
    await_client_hello();
    if (!answer.reply.empty()) write(answer.reply);
    act(answer.then);
    tls_.reset(SSL_new(peer_.context.get()));
    if (!tls_ || SSL_set_fd(tls_.get(), socket_) != 1 || SSL_accept(tls_.get()) != 1) throw Over();
    const char* name = SSL_get_servername(tls_.get(), TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(peer_.mutex);
    peer_.server_names.emplace_back(name == nullptr ? "" : name);
    if (SSL_session_reused(tls_.get()) == 1) ++peer_.resumed;
  }

  /// What is sent before counts as bytes in clear after the answer to STARTTLS.
  void await_client_hello() const {
    pollfd hello{socket_, POLLIN | POLLRDHUP, 0};
    poll(&hello, 1, -1);
  }

  void authenticate(const std::string& line) {
    const auto& script = peer_.script;
    const auto nul = std::string(1, '\0');
    bool right = !script.user.empty();
    if (text::iequals(line, "AUTH LOGIN")) {
      right = asked("334 VXNlcm5hbWU6") == base64(script.user) && right;
      right = asked("334 UGFzc3dvcmQ6") == base64(script.password) && right;
    } else {
      right = right && line == "AUTH PLAIN " + base64(nul + script.user + nul + script.password);
    }
    say(Stage::Auth, line, right ? "235 2.7.0 known" : "535 5.7.8 unknown");
  }
  std::string asked(const std::string& question) {
    write(question + "\r\n");
    auto line = read_line();
    remember(line);
    return line;
  }

  void mail(const std::string& line) {
    message_ = {};
    if (say(Stage::Mail, line)) message_.from = line;
  }
  void recipient(const std::string& line) {
    if (say(Stage::Rcpt, line)) message_.recipients.push_back(line);
  }
  void data(const std::string& line) {
    const auto fallback = message_.recipients.empty() ? "554 5.5.1 no valid recipients" : usual(Stage::Data);
    if (!say(Stage::Data, line, fallback)) return;
    act(peer_.answer_at(Stage::Content, "").then);
    message_.content.clear();
    for (auto text = read_line(true); text != ".\r\n"; text = read_line(true))
      message_.content.append(text, text.starts_with('.') ? 1 : 0, std::string::npos);
    message_.over_tls = tls_ != nullptr;
    keep_content();
    say(Stage::EndOfData, "");
    message_ = {};
  }
  void keep_content() {
    const std::lock_guard lock(peer_.mutex);
    kept_ = peer_.messages.size();
    peer_.messages.push_back(message_);
  }

  /// Whether the answer was 2xx or 3xx.
  bool say(Stage stage, const std::string& line, std::string fallback = "") {
    auto answer = peer_.answer_at(stage, line);
    if (answer.then != Then::CloseAfter) act(answer.then);
    auto reply = !answer.reply.empty() ? answer.reply : !fallback.empty() ? fallback : usual(stage);
    const bool fine = reply.front() == '2' || reply.front() == '3';
    if (stage == Stage::EndOfData) {
      const std::lock_guard lock(peer_.mutex);
      peer_.messages[kept_].accepted = fine;
    }
    write(reply + "\r\n" + answer.behind);
    if (answer.then == Then::CloseAfter) throw Over();
    return fine;
  }

  void act(Then then) {
    if (then == Then::GoOn || then == Then::CloseAfter) return;
    if (then == Then::Hang) pause(-1);
    while (then == Then::Drip) {
      write("2");
      pause(2);
    }
    while (then == Then::Flood) write("250-more and more of it\r\n");
    throw Over();
  }

  void pause(int milliseconds) const {
    pollfd gone{socket_, POLLRDHUP, 0};
    if (poll(&gone, 1, milliseconds) != 0) throw Over();
  }

  void write(const std::string& bytes) {
    if (tls_) {
      if (SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) throw Over();
      return;
    }
    for (std::size_t done = 0; done < bytes.size();) {
      const auto count = send(socket_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (count <= 0) throw Over();
      done += static_cast<std::size_t>(count);
    }
  }

  std::string read_line(bool with_end = false) {
    for (;;) {
      if (const auto end = unread_.find('\n', read_); end != std::string::npos) {
        auto line = unread_.substr(read_, end + 1 - read_);
        read_ = end + 1;
        return with_end ? line : std::string(text::trim_right(line, "\r\n"));
      }
      unread_.erase(0, std::exchange(read_, 0));
      std::array<char, 65536> buffer{};
      const auto count = tls_ ? SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()))
                              : static_cast<int>(recv(socket_, buffer.data(), buffer.size(), 0));
      if (count <= 0) throw Over();
      unread_.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

  TlsPeer::State& peer_;
  int socket_;
  CPtr<SSL, SSL_free> tls_;
  std::string unread_;
  std::size_t read_ = 0, kept_ = 0;
  TlsPeer::Message message_;
  bool over_ = false;
};

void converse(TlsPeer::State& peer, std::list<Fd>::iterator socket) {
  try {
    Conversation(peer, socket->get()).run();
  } catch (const Over&) {
  }
  const std::lock_guard lock(peer.mutex);
  peer.sockets.erase(socket);
}

sockaddr_in address_of(const std::string& text, unsigned port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  require(inet_pton(AF_INET, text.c_str(), &out.sin_addr) == 1, "no such address");
  return out;
}

}  // namespace

TlsPeer::State::State(Script wanted)
    : script(std::move(wanted)),
      ca_file(folder.write("ca.pem", authority_pem())),
      identity(make_identity(script.certificate)),
      context(SSL_CTX_new(TLS_server_method())),
      listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  require(context && SSL_CTX_use_certificate(context.get(), identity.certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), identity.key.get()) == 1,
          "no TLS");
  if (script.highest_protocol != 0) {
    SSL_CTX_set_security_level(context.get(), 0);  // TLS 1.1 needs it
    SSL_CTX_set_max_proto_version(context.get(), script.highest_protocol);
  }
  auto address = address_of(script.address, script.port);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  require(bind(listener.get(), raw, size) == 0 && listen(listener.get(), 100) == 0, "cannot listen");
  require(getsockname(listener.get(), raw, &size) == 0, "no port");
  port = ntohs(address.sin_port);
}

void TlsPeer::State::serve() {
  std::list<std::thread> threads;
  for (;;) {
    Fd socket(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard lock(mutex);
    if (ends || !socket) break;
    ++connections;
    sockets.push_front(std::move(socket));
    threads.emplace_back([this, mine = sockets.begin()] { converse(*this, mine); });
  }
  for (auto& one : threads) one.join();
}

TlsPeer::Answer TlsPeer::State::answer_at(Stage stage, const std::string& line) {
  {
    const std::lock_guard lock(mutex);
    ++reached[stage];
    changed.notify_all();
  }
  if (script.hook) {
    auto answer = script.hook(stage, line);
    if (!answer.reply.empty() || answer.then != Then::GoOn || !answer.behind.empty()) return answer;
  }
  const std::lock_guard lock(mutex);
  const auto found = script.answers.find(stage);
  return found == script.answers.end() ? Answer{} : found->second;
}

TlsPeer::TlsPeer() : TlsPeer(Script()) {}

TlsPeer::TlsPeer(Script script) : state_(std::make_unique<State>(std::move(script))) {
  std::signal(SIGPIPE, SIG_IGN);
  state_->thread = std::thread([this] { state_->serve(); });
}

TlsPeer::~TlsPeer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ends = true;
  }
  shutdown(state_->listener.get(), SHUT_RDWR);
  hang_up();
  state_->thread.join();
}

void TlsPeer::hang_up() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& socket : state_->sockets) shutdown(socket.get(), SHUT_RDWR);
}

unsigned TlsPeer::port() const { return state_->port; }
const std::string& TlsPeer::ca_file() const { return state_->ca_file; }
std::string TlsPeer::certificate_digest() const { return digest(state_->identity.certificate.get()); }

void TlsPeer::answer(Stage stage, Answer answer) {
  const std::lock_guard lock(state_->mutex);
  state_->script.answers[stage] = std::move(answer);
}

std::vector<std::string> TlsPeer::told_in_clear() const {
  const std::lock_guard lock(state_->mutex);
  return state_->in_clear;
}
std::vector<std::string> TlsPeer::told_over_tls() const {
  const std::lock_guard lock(state_->mutex);
  return state_->over_tls;
}
std::vector<TlsPeer::Message> TlsPeer::messages() const {
  const std::lock_guard lock(state_->mutex);
  return state_->messages;
}
std::size_t TlsPeer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections;
}
std::size_t TlsPeer::resumed_sessions() const {
  const std::lock_guard lock(state_->mutex);
  return state_->resumed;
}
std::vector<std::string> TlsPeer::server_names() const {
  const std::lock_guard lock(state_->mutex);
  return state_->server_names;
}

void TlsPeer::wait_for(Stage stage, std::size_t times) const {
  std::unique_lock lock(state_->mutex);
  require(state_->changed.wait_for(lock, std::chrono::seconds(30),
                                   [&] { return state_->reached[stage] >= times; }),
          "the stage is not reached");
}

}  // namespace pams::test
