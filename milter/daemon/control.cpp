#include "milter/daemon/control.hpp"

#include <array>
#include <atomic>
#include <filesystem>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "milter/log/log.hpp"

namespace pams::milter::daemon {
namespace {

/// How soon the services of a former configuration end after their last message.
constexpr int kLookAgain = 1000;  // milliseconds

bool names_the_same(const std::string& one, const std::string& other) {
  std::error_code unknown;
  return one == other || std::filesystem::equivalent(one, other, unknown);
}

}  // namespace

struct Control::Shared {
  std::shared_ptr<Reloader> reloader;
  Report report;
  ServiceManager manager;
  Fd listener;
  Fd wakes = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::atomic<bool> ends = false;

  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wakes.get(), &one, sizeof one));  // EAGAIN: it is awake already
  }
};

void Control::request_reload() { shared_->wake(); }

Control::Control(std::shared_ptr<Reloader> reloader, Report report, ServiceManager manager,
                 std::string socket)
    : socket_(std::move(socket)), shared_(std::make_shared<Shared>()) {
  shared_->reloader = std::move(reloader);
  shared_->report = std::move(report);
  shared_->manager = std::move(manager);
  if (!socket_.empty()) {
    auto listener = control::open_control_socket(socket_);
    if (listener) shared_->listener = std::move(*listener);
    if (!listener) log::write(log::control_unavailable, {{"reason", listener.error().what}});
  }
  std::packaged_task<void()> task([shared = shared_] { serve(shared); });
  ended_ = task.get_future();
  thread_ = std::thread(std::move(task));
}

void Control::stop(std::chrono::milliseconds timeout) {
  if (!thread_.joinable()) return;
  shared_->ends = true;
  shared_->wake();
  if (shared_->listener) ::unlink(socket_.c_str());
  if (ended_.wait_for(timeout) == std::future_status::ready)
    thread_.join();
  else
    thread_.detach();
}

void Control::serve(const std::shared_ptr<Shared>& shared) {
  while (!shared->ends) {
    const bool has_formers = shared->reloader->drop_unused();
    std::array<pollfd, 2> waits{{{shared->wakes.get(), POLLIN, 0}, {shared->listener.get(), POLLIN, 0}}};
    if (::poll(waits.data(), waits.size(), has_formers ? kLookAgain : -1) <= 0) continue;
    std::uint64_t requests = 0;
    const bool woken = ::read(shared->wakes.get(), &requests, sizeof requests) > 0;
    if (woken && !shared->ends) reload(*shared);
    if (waits[1].revents != 0 && !shared->ends) answer_one(*shared);
  }
}

Reloader::ReloadResult Control::reload(Shared& shared) {
  shared.manager.reloading();
  auto result = shared.reloader->reload();
  shared.manager.ready();
  return result;
}

void Control::answer_one(Shared& shared) {
  using Kind = control::ControlRequest::Kind;
  const auto request = control::take_request(shared.listener);
  if (request.kind == Kind::Reload) answer_to_reload(shared, request);
  if (request.kind == Kind::Status) control::give_status(request.connection, shared.report());
}

void Control::answer_to_reload(Shared& shared, const control::ControlRequest& request) {
  const auto& own = shared.reloader->config_file();
  if (!names_the_same(request.config_file, own))
    return control::give_answer(request.connection,
                                {false, "the milter that answers here runs with " + own + ", not with " +
                                            request.config_file + "; nothing was reloaded\n"});
  auto [reloaded, text] = reload(shared);
  control::give_answer(request.connection, {reloaded, std::move(text)});
}

}  // namespace pams::milter::daemon
