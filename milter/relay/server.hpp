/// The relay's sessions: a thread each, with a small stack, and never more than [relay] max_sessions. Used by
/// one thread.
#pragma once

#include <chrono>
#include <memory>

#include "milter/relay/relay_services.hpp"

namespace pams::milter::relay {

class Server {
 public:
  /// The sessions share `services`, and may outlive the Server.
  explicit Server(std::shared_ptr<RelayServices> services);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Tells the sessions to stop, and leaves them alone.
  ~Server();

  /// A connection of the MTA. With too many of them it is answered 421 and closed.
  void take(Fd connection);
  /// How many there are now.
  std::size_t sessions() const;
  /// Sessions without a message end now, the others after theirs. False: some were still at work after
  /// `timeout`.
  bool stop(std::chrono::milliseconds timeout);

 private:
  struct Shared;
  static void* run(void* given) noexcept;
  std::shared_ptr<Shared> shared_;
};

}  // namespace pams::milter::relay
