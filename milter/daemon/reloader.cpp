#include "milter/daemon/reloader.hpp"

#include <exception>
#include <set>

#include "milter/log/diagnostics.hpp"
#include "milter/log/log.hpp"
#include "milter/session/callbacks.hpp"

namespace pams::milter::daemon {
namespace {

Reloader::ReloadResult refused(const std::string& file, const std::string& reason, const std::string& text) {
  log::write(log::reload_refused, {{"file", file}, {"reason", reason}});
  return {false, text + file + ": " + reason + "; the milter goes on with the configuration that it has\n"};
}

}  // namespace

Reloader::Reloader(std::shared_ptr<const Config> first, Wire wire)
    : config_file_(first->settings.file), listen_(first->settings.listen), wire_(std::move(wire)) {
  put_in_place(wire_(std::move(first)).services);
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
      return refused(config_file_, e.what(), "");
    }
  } catch (...) {
    return {};  // not even memory for a line of the log: nothing was changed
  }
}

Reloader::ReloadResult Reloader::load_and_use() {
  auto loaded = load_config(config_file_);
  log::write_diagnostics(loaded.diagnostics);
  if (loaded.config == nullptr)
    return refused(config_file_, std::to_string(loaded.diagnostics.errors()) + " error(s)",
                   loaded.diagnostics.text());
  return use(std::move(loaded.config), loaded.diagnostics.text());
}

Reloader::ReloadResult Reloader::use(std::shared_ptr<const Config> config, std::string text) {
  const auto wanted = config->settings.listen.for_libmilter();
  const bool elsewhere = wanted != listen_.for_libmilter();
  if (elsewhere) {
    // The routing checks must compare the MTA's settings with the place where the milter does listen.
    auto fixed = std::make_shared<Config>(*config);
    fixed->settings.listen = listen_;
    config = std::move(fixed);
  }
  const auto [services, remarks] = wire_(config);
  if (!put_in_place(services)) return refused(config_file_, "the milter is stopping", text);
  log::configure(config->settings.log_level, config->settings.log_format == LogFormat::Json);
  log::write(log::reloaded, {{"file", config_file_},
                             {"rules", std::to_string(config->policy.rules.size())},
                             {"connectors", std::to_string(config->policy.connectors.size())}});
  for (const auto& remark : remarks) text += "warning: " + remark + '\n';
  if (elsewhere) {
    const auto unchanged = listen_.for_libmilter();
    log::write(log::restart_needed,
               {{"setting", "milter.listen"}, {"runs_with", unchanged}, {"wanted", wanted}});
    text += "warning: restart needed: milter.listen stays " + unchanged + ", the file says " + wanted + '\n';
  }
  return {true, text + config_file_ + ": reloaded, " + std::to_string(config->policy.rules.size()) +
                    " rule(s), " + std::to_string(config->policy.connectors.size()) + " connector(s)\n"};
}

bool Reloader::put_in_place(const std::shared_ptr<const session::Services>& services) {
  const MutexLock lock(mutex_);
  if (stopped_) return false;
  if (current_ != nullptr) formers_.push_back(current_);
  current_ = services;
  session::use_services(services);
  return true;
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
