#include "tests/support/tls_peer.hpp"

#include <chrono>
#include <csignal>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "tests/support/tls_peer_state.hpp"

namespace pams::test {

using Stage = TlsPeer::Stage;

namespace {

void require(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("tls_peer: ") + what);
}

void serve_one(TlsPeer::State& peer, std::list<Fd>::iterator socket) {
  converse(peer, socket->get());
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
      ca_file(directory.write("ca.pem", authority_pem())),
      identity(make_identity(script.certificate, script.alternative_names)),
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
    threads.emplace_back([this, mine = sockets.begin()] { serve_one(*this, mine); });
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
    if (!answer.reply.empty() || answer.then != Then::GoOn || !answer.after.empty()) return answer;
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
