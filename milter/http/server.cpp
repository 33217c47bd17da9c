#include "milter/http/server.hpp"

#include <exception>
#include <thread>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/http/connection.hpp"
#include "milter/http/listening_socket.hpp"

namespace pams::milter::http {
namespace {

namespace asio = boost::asio;

constexpr int kNiceness = 10;
/// When the process has no descriptor left.
constexpr std::chrono::milliseconds kPauseAfterError{200};

int family_of(const Fd& socket) {
  int family = 0;
  socklen_t size = sizeof family;
  static_cast<void>(::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &family, &size));
  return family;
}

}  // namespace

struct Server::State {
  State(const Fd& socket, std::vector<Route> served, const Limits& limited, std::string socket_path)
      : routes(std::move(served)),
        limits(limited),
        path(std::move(socket_path)),
        acceptor(context, Protocol(family_of(socket), 0), ::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    context.stop();
    if (thread.joinable()) thread.join();
    if (!path.empty()) ::unlink(path.c_str());
  }

  void start() {
    accept();
    thread = std::thread([this] { run(); });
  }

  /// Nobody is taken while all places are taken. Asked again after whatever has happened.
  void accept() {
    const auto connections = static_cast<std::size_t>(place.use_count()) - 1;
    if (is_accepting || connections >= limits.connections) return;
    is_accepting = true;
    acceptor.async_accept([this](boost::system::error_code error, Socket socket) {
      if (error) return accept_later();
      is_accepting = false;
      static_cast<void>(
          ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC));  // no program of ours inherits it
      std::make_shared<Connection>(std::move(socket), routes, limits, place)->read();
    });
  }

  void accept_later() {
    retry.expires_after(kPauseAfterError);
    retry.async_wait([this](boost::system::error_code) { is_accepting = false; });
  }

  void run() noexcept {
    // Linux: of this thread alone. Mail goes first.
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness));
    while (!context.stopped()) try {
        accept();
        context.run_one();
      } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): no memory for one client; the others
                                         // go on
      }
  }

  const std::vector<Route> routes;
  const Limits limits;
  const std::string path;  ///< of the unix socket, or ""
  asio::io_context context{1};
  /// Without it the context would end by itself when the last client of a full server goes.
  const asio::executor_work_guard<asio::io_context::executor_type> never_done{context.get_executor()};
  asio::basic_socket_acceptor<Protocol> acceptor;
  asio::steady_timer retry{context};
  const std::shared_ptr<const int> place = std::make_shared<const int>(0);  ///< each connection has a copy
  bool is_accepting = false;
  std::thread thread;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(const Listen& listen, std::vector<Route> routes,
                                             const Limits& limits) {
  const auto socket = listening_socket(listen);
  if (!socket) return tl::unexpected(socket.error());
  try {
    auto state = std::make_unique<State>(*socket, std::move(routes), limits, listen.unix_path);
    state->start();
    return std::unique_ptr<Server>(new Server(std::move(state)));
  } catch (const std::exception& error) {
    return fail(Failure::Misconfigured, listen.for_libmilter() + ": " + error.what());
  }
}

}  // namespace pams::milter::http
