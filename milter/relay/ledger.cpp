#include "milter/relay/ledger.hpp"

#include <filesystem>

namespace pams::milter::relay {
namespace {

constexpr std::size_t kMaximumAtOnce = 1000;

}  // namespace

Result<trace::DeliveryLog*> Ledger::opened(const std::string& path) {
  std::error_code ignored;
  // A file that was taken away is not the one that readers see: what is written there would be lost.
  if (log_ && (path != path_ || !std::filesystem::exists(path, ignored))) log_.reset();
  if (!log_) {
    auto log = trace::DeliveryLog::open(path);
    if (!log) return tl::unexpected(log.error());
    log_.emplace(std::move(*log));
    path_ = path;
  }
  return &*log_;
}

template <class T>
T Ledger::or_close(T result) {
  if (!result) log_.reset();
  return result;
}

Result<std::optional<trace::RelayDelivery>> Ledger::sent(const std::string& path, const std::string& seal,
                                                         const std::string& recipient) {
  const MutexLock lock(mutex_);
  const auto log = opened(path);
  if (!log) return tl::unexpected(log.error());
  return or_close((*log)->sent(seal, recipient));
}

Result<std::vector<std::string>> Ledger::refused_by(const std::string& path, const std::string& seal) {
  const MutexLock lock(mutex_);
  const auto log = opened(path);
  if (!log) return tl::unexpected(log.error());
  return or_close((*log)->refused_by(seal));
}

Status Ledger::record(const std::string& path, std::span<const trace::RelayDelivery> deliveries) {
  const MutexLock lock(mutex_);
  const auto log = opened(path);
  if (!log) return tl::unexpected(log.error());
  return or_close((*log)->record(deliveries));
}

Result<bool> Ledger::forget_before(const std::string& path, trace::Instant limit) {
  const MutexLock lock(mutex_);
  const auto log = opened(path);
  if (!log) return tl::unexpected(log.error());
  const auto gone = or_close((*log)->forget_before(limit, kMaximumAtOnce));
  if (!gone) return tl::unexpected(gone.error());
  return *gone == kMaximumAtOnce;
}

}  // namespace pams::milter::relay
