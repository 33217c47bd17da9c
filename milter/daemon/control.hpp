/// The thread that reloads, when the process gets a HUP and when pamsctl asks, and that tells pamsctl how the
/// milter is. One request after the other, whoever asks; sessions never wait for it.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "milter/base/service_manager.hpp"
#include "milter/control/control_socket.hpp"
#include "milter/daemon/reloader.hpp"

namespace pams::milter::daemon {

class Control {
 public:
  /// The StatusReport's JSON; called on this thread.
  using Report = std::function<std::string()>;

  /// `socket` as in open_control_socket; "" for none. When there can be none the log says so
  /// (control_unavailable), and request_reload() still works. `manager` hears of each reload.
  Control(std::shared_ptr<Reloader> reloader, Report report, ServiceManager manager, std::string socket);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  /// As stop() with a timeout of zero.
  ~Control() { stop(std::chrono::seconds(0)); }

  /// Returns at once; what comes of it is in the log. Requests that come before one is served are one.
  void request_reload();

  /// Takes no more requests. A reload in work may take up to `timeout`; then it is left alone with its
  /// thread, and the process should end.
  void stop(std::chrono::milliseconds timeout);

 private:
  struct Shared;
  static void serve(const std::shared_ptr<Shared>& shared);
  static Reloader::ReloadResult reload(Shared& shared);
  static void answer_one(Shared& shared);
  static void answer_to_reload(Shared& shared, const control::ControlRequest& request);

  const std::string socket_;
  std::shared_ptr<Shared> shared_;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace pams::milter::daemon
