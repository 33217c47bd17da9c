/// The thread that reloads: when the process gets a HUP, and when pamsctl asks. One request after the other,
/// whoever asks; sessions never wait for it.
///
/// HUP and libmilter: libmilter has a thread that waits for HUP and stops the milter on it. The kernel gives
/// a signal for the process to its first thread if that does not block it, and only otherwise to one that
/// waits for it. So the first thread never blocks HUP, and has a handler for it that only wakes this thread
/// up.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "milter/daemon/reloader.hpp"

namespace pams::milter {

/// From now on a HUP is remembered, for the Control that there will be. On the process's first thread, before
/// any other.
void take_hangups();

class Control {
 public:
  /// `socket` as in open_control_socket; "" for none. When there can be none the log says so
  /// (control_unavailable), and HUP still works.
  Control(std::shared_ptr<Reloader> reloader, std::string socket);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  /// As stop(), without patience.
  ~Control() { stop(std::chrono::seconds(0)); }

  /// Takes no more requests. A reload in work may take `most`; then it is left alone with its thread, and the
  /// process should end.
  void stop(std::chrono::milliseconds most);

 private:
  struct Shared;
  static void serve(const std::shared_ptr<Shared>& shared);
  static void answer_one(Shared& shared);

  const std::string socket_;
  std::shared_ptr<Shared> shared_;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace pams::milter
