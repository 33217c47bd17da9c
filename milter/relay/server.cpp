#include "milter/relay/server.hpp"

#include <condition_variable>
#include <exception>
#include <thread>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include "milter/base/mutex.hpp"
#include "milter/log/log.hpp"
#include "milter/relay/lmtp_session.hpp"

namespace pams::milter::relay {
namespace {

/// OpenSSL and SQLite need some tens of KiB each.
constexpr std::size_t kStack = 512 * 1024;
constexpr std::string_view kTooMany = "421 4.3.2 too many sessions, come again\r\n";

}  // namespace

struct Server::Shared {
  std::shared_ptr<RelayServices> services;
  Fd stop{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Mutex mutex;
  std::condition_variable ended;
  std::size_t sessions PAMS_GUARDED_BY(mutex) = 0;
};

namespace {

/// What a session's thread begins with.
template <class Shared>
struct Start {
  std::shared_ptr<Shared> shared;
  Fd connection;
};

}  // namespace

Server::Server(std::shared_ptr<RelayServices> services) : shared_(std::make_shared<Shared>()) {
  shared_->services = std::move(services);
}

Server::~Server() { (void)stop(std::chrono::milliseconds(0)); }

void* Server::run(void* given) noexcept {
  const std::unique_ptr<Start<Shared>> start(static_cast<Start<Shared>*>(given));
  auto& shared = *start->shared;
  try {
    LmtpSession(*shared.services, std::move(start->connection), shared.stop.get()).run();
  } catch (const std::exception& e) {
    log::write(log::exception, {{"reason", e.what()}});
  }
  const MutexLock lock(shared.mutex);
  --shared.sessions;
  shared.ended.notify_all();
  return nullptr;
}

void Server::take(Fd connection) {
  {
    const MutexLock lock(shared_->mutex);
    const auto maximum = shared_->services->config()->settings.relay.max_sessions;
    if (shared_->sessions >= maximum) {
      log::write(log::relay_busy, {{"max_sessions", std::to_string(maximum)}});
      (void)::send(connection.get(), kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      return;
    }
    ++shared_->sessions;
  }
  auto start = std::make_unique<Start<Shared>>(Start<Shared>{shared_, std::move(connection)});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, &attributes, &Server::run, start.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    (void)start.release();
    return;
  }
  log::write(log::relay_busy, {{"reason", "no thread for a session"}});
  const MutexLock lock(shared_->mutex);
  --shared_->sessions;
}

std::size_t Server::sessions() const {
  const MutexLock lock(shared_->mutex);
  return shared_->sessions;
}

bool Server::stop(std::chrono::milliseconds timeout) {
  (void)::eventfd_write(shared_->stop.get(), 1);
  MutexLock lock(shared_->mutex);
  return lock.wait_for(shared_->ended, timeout,
                       [&]() PAMS_REQUIRES(shared_->mutex) { return shared_->sessions == 0; });
}

}  // namespace pams::milter::relay
