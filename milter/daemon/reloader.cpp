#include "milter/daemon/reloader.hpp"

#include <exception>
#include <set>

#include "milter/log/diagnostics.hpp"
#include "milter/log/log.hpp"
#include "milter/session/callbacks.hpp"

namespace pams::milter::daemon {
Reloader::Reloader(std::shared_ptr<const Config> first, Wire wire)
    : config_file_(first->settings.file), listen_(first->settings.listen), wire_(std::move(wire)) {
  put_in_place(wire_(std::move(first)), std::chrono::system_clock::now());
}

Reloader::ReloadResult Reloader::refused(const std::string& reason, const std::string& text) {
  log::write(log::reload_refused, {{"file", config_file_}, {"reason", reason}});
  {
    const MutexLock lock(mutex_);
    refused_ = reason;
  }
  return {false,
          text + config_file_ + ": " + reason + "; the milter goes on with the configuration that it has\n"};
}

Reloader::Current Reloader::current() const {
  const MutexLock lock(mutex_);
  return {current_, loaded_, refused_};
}

Reloader::ReloadResult Reloader::reload() noexcept {
  auto result = try_to_reload();
  const MutexLock lock(mutex_);
  if (current_->metrics != nullptr) current_->metrics->reloaded(result.reloaded);
  return result;
}

Reloader::ReloadResult Reloader::try_to_reload() noexcept {
  try {
    try {
      return load_and_use();
    } catch (const std::exception& e) {
      return refused(e.what(), "");
    }
  } catch (...) {
    return {};  // not even memory for a line of the log: nothing was changed
  }
}

Reloader::ReloadResult Reloader::load_and_use() {
  const auto time = std::chrono::system_clock::now();
  auto loaded = load_config(config_file_);
  log::write_diagnostics(loaded.diagnostics);
  if (loaded.config == nullptr)
    return refused(std::to_string(loaded.diagnostics.errors()) + " error(s)", loaded.diagnostics.text());
  return use(std::move(loaded.config), loaded.diagnostics.text(), time);
}

Reloader::ReloadResult Reloader::use(std::shared_ptr<const Config> config, std::string text,
                                     std::chrono::system_clock::time_point loaded) {
  const auto wanted = config->settings.listen.for_libmilter();
  const bool elsewhere = wanted != listen_.for_libmilter();
  if (elsewhere) {
    // The routing checks must compare the MTA's settings with the place where the milter does listen.
    auto fixed = std::make_shared<Config>(*config);
    fixed->settings.listen = listen_;
    config = std::move(fixed);
  }
  const auto wired = wire_(config);
  if (!put_in_place(wired, loaded)) return refused("the milter is stopping", text);
  log::configure(config->settings.log_level, config->settings.log_format == LogFormat::Json);
  log::write(log::reloaded, {{"file", config_file_},
                             {"rules", std::to_string(config->policy.rules.size())},
                             {"connectors", std::to_string(config->policy.connectors.size())}});
  for (const auto& remark : wired.remarks) text += "warning: " + remark + '\n';
  if (elsewhere) {
    const auto unchanged = listen_.for_libmilter();
    log::write(log::restart_needed,
               {{"setting", "milter.listen"}, {"runs_with", unchanged}, {"wanted", wanted}});
    text += "warning: restart needed: milter.listen stays " + unchanged + ", the file says " + wanted + '\n';
  }
  return {true, text + config_file_ + ": reloaded, " + std::to_string(config->policy.rules.size()) +
                    " rule(s), " + std::to_string(config->policy.connectors.size()) + " connector(s)\n"};
}

bool Reloader::put_in_place(const Wired& wired, std::chrono::system_clock::time_point loaded) {
  const MutexLock lock(mutex_);
  if (stopped_) return false;
  if (current_ != nullptr) formers_.push_back(current_);
  current_ = wired.services;
  route_line_ = wired.route_line;
  loaded_ = loaded;
  refused_.clear();
  session::use_services(wired.services);
  return true;
}

std::string Reloader::route_line() const {
  const MutexLock lock(mutex_);
  return route_line_();
}

bool Reloader::drop_unused() {
  std::vector<std::shared_ptr<const session::Services>> unused;  // ended when the lock is free again
  const MutexLock lock(mutex_);
  // Nobody can get at a former one but the messages that have it: a count of one stays one.
  std::erase_if(formers_, [&](auto& former) {
    if (former.use_count() > 1) return false;
    unused.push_back(std::move(former));
    return true;
  });
  return !formers_.empty();
}

void Reloader::stop(std::chrono::milliseconds timeout) {
  std::set<std::shared_ptr<trace::TraceSink>> traces;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    for (const auto& former : formers_) traces.insert(former->trace);
    traces.insert(current_->trace);
  }
  for (const auto& trace : traces)
    if (trace != nullptr) trace->stop(timeout);
}

}  // namespace pams::milter::daemon
