/// libmilter: its socket, its listener on a thread of its own, and its end. Once per process.
#pragma once

#include <string>
#include <thread>

#include "milter/base/fd.hpp"
#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::daemon {

class Libmilter {
 public:
  explicit Libmilter(Listen listen);
  Libmilter(const Libmilter&) = delete;
  Libmilter& operator=(const Libmilter&) = delete;
  ~Libmilter() { stop(); }

  /// Takes the socket, which is the first thing that a milter touches: a program that answers there keeps it,
  /// with all that belongs to it (Misconfigured, with a remedy). What connects from now on waits for serve().
  /// Returns what is so of the socket, for the log. Before any other thread is started.
  Result<std::string> open();
  /// session::use_services must have been called.
  void serve();
  /// To poll for POLLIN: libmilter has ended by itself, which is a failure.
  int ended() const { return ended_.get(); }
  /// Takes no more connections and removes the socket; messages at their end go on. At once, also when nobody
  /// connects.
  void stop();

 private:
  void stop_listener();

  const Listen listen_;
  const Fd ended_;
  bool is_open_ = false;
  std::thread thread_;
};

}  // namespace pams::milter::daemon
