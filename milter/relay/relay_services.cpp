#include "milter/relay/relay_services.hpp"

#include <algorithm>

namespace pams::milter::relay {
namespace {

/// Longer than any MTA keeps a message in its queue.
constexpr std::chrono::hours kMinimumRetention(10 * 24);
constexpr std::chrono::hours kBetweenClearings(1);

}  // namespace

std::string ledger_path(const Config& config) { return trace::delivery_log_path(config.settings.trace.path); }

trace::Instant now() {
  return std::chrono::floor<trace::Instant::duration>(std::chrono::system_clock::now());
}

std::shared_ptr<const Config> RelayServices::config() const {
  const MutexLock lock(mutex_);
  return config_;
}

void RelayServices::use(std::shared_ptr<const Config> config) {
  {
    const MutexLock lock(mutex_);
    config_ = config;
  }
  hops.prune(config);
}

Result<std::shared_ptr<const seal::KeyRing>> RelayServices::keys(const Config& config) {
  std::shared_ptr<seal::KeyFile> file;
  {
    const MutexLock lock(mutex_);
    const auto& path = config.settings.seal_key_file;
    if (key_file_ == nullptr || key_path_ != path) {
      key_file_ = std::make_shared<seal::KeyFile>(path);
      key_path_ = path;
    }
    file = key_file_;
  }
  return file->read();
}

void RelayServices::tidy(trace::Instant now) {
  const auto config = this->config();
  hops.prune(config);
  if (now < next_clearing_) return;
  const auto keep = std::max<std::chrono::seconds>(config->settings.trace.retention, kMinimumRetention);
  const auto more = ledger.forget_before(ledger_path(*config), now - keep);
  // One that cannot be read is told of by the next message.
  if (!more || !*more) next_clearing_ = now + kBetweenClearings;
}

}  // namespace pams::milter::relay
