#include <array>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "rules/base/text.hpp"
#include "rules/mime/base64.hpp"
#include "tests/support/tls_peer_state.hpp"

namespace pams::test {

using Stage = TlsPeer::Stage;
using Then = TlsPeer::Then;

namespace {

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
      record(line);
      obey(line);
    }
  }

 private:
  void record(const std::string& line) {
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
    record(line);
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
    write(reply + "\r\n" + answer.after);
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

}  // namespace

void converse(TlsPeer::State& peer, int socket) {
  try {
    Conversation(peer, socket).run();
  } catch (const Over&) {
  }
}

}  // namespace pams::test
