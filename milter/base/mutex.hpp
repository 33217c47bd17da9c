/// A mutex, and the lock that holds it, which clang's -Wthread-safety (preset `thread-safety`) can follow. A
/// member that a mutex guards is declared `PAMS_GUARDED_BY(mutex_)`; a function, or a condition variable's
/// predicate, that is called with the mutex held is declared `PAMS_REQUIRES(mutex_)`. Other compilers see
/// plain declarations.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#ifdef __clang__
#define PAMS_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define PAMS_THREAD_SAFETY(attribute)
#endif
#define PAMS_GUARDED_BY(mutex) PAMS_THREAD_SAFETY(guarded_by(mutex))
#define PAMS_REQUIRES(mutex) PAMS_THREAD_SAFETY(exclusive_locks_required(mutex))

namespace pams::milter {

class PAMS_THREAD_SAFETY(capability("mutex")) Mutex {
 private:
  friend class MutexLock;
  std::mutex mutex_;
};

/// Holds the mutex while it lives, except between unlock() and lock().
class PAMS_THREAD_SAFETY(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PAMS_THREAD_SAFETY(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() PAMS_THREAD_SAFETY(release_capability()) = default;

  void lock() PAMS_THREAD_SAFETY(acquire_capability()) { lock_.lock(); }
  void unlock() PAMS_THREAD_SAFETY(release_capability()) { lock_.unlock(); }

  template <class Predicate>
  void wait(std::condition_variable& changed, Predicate is_true) {
    changed.wait(lock_, std::move(is_true));
  }
  /// False: it was not true in time.
  template <class Duration, class Predicate>
  bool wait_for(std::condition_variable& changed, Duration timeout, Predicate is_true) {
    return changed.wait_for(lock_, timeout, std::move(is_true));
  }
  template <class Time, class Predicate>
  bool wait_until(std::condition_variable& changed, Time until, Predicate is_true) {
    return changed.wait_until(lock_, until, std::move(is_true));
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace pams::milter
