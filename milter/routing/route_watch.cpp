#include "milter/routing/route_watch.hpp"

#include <condition_variable>
#include <optional>
#include <thread>

#include "milter/base/mutex.hpp"

namespace pams::milter::routing {

struct RouteWatch::Shared {
  struct Watched {
    std::shared_ptr<RouteGuard> guard;
    rules::OutboundConnector connector;
    std::optional<std::string> told;  ///< "" = verified
  };

  Shared(Tell to_tell, std::chrono::milliseconds between) : tell(std::move(to_tell)), pause(between) {}

  void use(std::shared_ptr<Watched> next) {
    {
      const MutexLock lock(mutex);
      watched = std::move(next);
    }
    changed.notify_one();
  }

  void run() {
    MutexLock lock(mutex);
    while (!ended) {
      const auto now = watched;
      if (now != nullptr) {
        lock.unlock();
        const auto status = now->guard->verified(now->connector);
        lock.lock();
        say(*now, status);
      }
      lock.wait_for(changed, pause, [&]() PAMS_REQUIRES(mutex) { return ended || watched != now; });
    }
  }

  const Tell tell;
  const std::chrono::milliseconds pause;
  Mutex mutex;
  std::condition_variable changed;
  bool began = false;  ///< only who calls watch() looks at it
  bool ended PAMS_GUARDED_BY(mutex) = false;
  std::shared_ptr<Watched> watched PAMS_GUARDED_BY(mutex);

 private:
  /// The answer to a configuration that is no more says nothing.
  void say(Watched& now, const Status& status) const PAMS_REQUIRES(mutex) {
    const auto text = status ? std::string() : status.error().what;
    if (ended || watched.get() != &now || now.told == text) return;
    now.told = text;
    tell(now.connector, status);
  }
};

RouteWatch::RouteWatch(Tell tell, std::chrono::milliseconds pause)
    : shared_(std::make_shared<Shared>(std::move(tell), pause)) {}

RouteWatch::~RouteWatch() {
  {
    const MutexLock lock(shared_->mutex);
    shared_->ended = true;
  }
  shared_->changed.notify_one();
}

void RouteWatch::watch(std::shared_ptr<RouteGuard> guard, const rules::OutboundConnector& connector) {
  if (!shared_->began) std::thread([shared = shared_] { shared->run(); }).detach();
  shared_->began = true;
  shared_->use(std::make_shared<Shared::Watched>(Shared::Watched{std::move(guard), connector, {}}));
}

void RouteWatch::rest() { shared_->use(nullptr); }

}  // namespace pams::milter::routing
