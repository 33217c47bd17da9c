/// A small HTTP/1.1 server for what programs of ours show to operators and their tools: GET and HEAD, no
/// bodies, no TLS (it listens on loopback or at a unix socket). One thread, of low priority where
/// the system lets it, serves all connections; whoever is slow, floods or sends nonsense costs a place for a
/// while and nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "milter/config/config.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::http {

/// Views of what the client has sent, as it came.
struct Request {
  std::string_view path;   ///< "/trace/4711"
  std::string_view query;  ///< what comes after "?"
};
struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct Route {
  std::string path;  ///< "/metrics"; one that ends with "/" stands for all below it
  /// On the server's thread: all others wait for it. What it throws becomes 500.
  std::function<Response(const Request&)> answer;
};

struct Limits {
  unsigned header_bytes = 8192;
  std::size_t connections = 32;  ///< more wait in the socket's queue, where the system drops what is too much
  std::chrono::milliseconds request = std::chrono::seconds(10);   ///< for a whole request, or without one
  std::chrono::milliseconds response = std::chrono::seconds(10);  ///< until the client has taken it
};

class Server {
 public:
  /// The first route that fits answers; 404 when none does. A unix socket has mode 0660, and replaces what a
  /// killed process left. The thread has the signals blocked that the caller has. Misconfigured with the
  /// reason when it cannot listen.
  static Result<std::unique_ptr<Server>> open(const Listen& listen, std::vector<Route> routes,
                                              const Limits& limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Breaks off all connections, waits for no client, and removes the unix socket.
  ~Server();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  const std::unique_ptr<State> state_;
};

}  // namespace pams::milter::http
