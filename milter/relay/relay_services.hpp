/// What all sessions of the relay share. Any thread.
#pragma once

#include <memory>
#include <string>

#include "milter/base/mutex.hpp"
#include "milter/config/config.hpp"
#include "milter/relay/hop_cache.hpp"
#include "milter/relay/in_flight.hpp"
#include "milter/relay/ledger.hpp"
#include "milter/seal/key_ring.hpp"

namespace pams::milter::relay {

class RelayServices {
 public:
  explicit RelayServices(std::shared_ptr<const Config> config) : config_(std::move(config)) {}

  /// The one that holds for a message that begins now.
  std::shared_ptr<const Config> config() const;
  void use(std::shared_ptr<const Config> config);
  /// The keys as they stand in `config`'s file now.
  Result<std::shared_ptr<const seal::KeyRing>> keys(const Config& config);
  /// To be called now and then, by one thread: ends idle connections, and deletes what the ledger need not
  /// know any more.
  void tidy(trace::Instant now);

  Ledger ledger;
  InFlight in_flight;
  HopCache hops;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Config> config_ PAMS_GUARDED_BY(mutex_);
  std::string key_path_ PAMS_GUARDED_BY(mutex_);
  std::shared_ptr<seal::KeyFile> key_file_ PAMS_GUARDED_BY(mutex_);
  trace::Instant next_clearing_{};  ///< of the one thread that calls tidy()
};

/// Where `config` has the relay's ledger.
std::string ledger_path(const Config& config);
trace::Instant now();

}  // namespace pams::milter::relay
