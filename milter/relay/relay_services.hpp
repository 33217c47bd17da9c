/// What all sessions of the relay share. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

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
  /// To be called now and then: ends idle connections, and deletes what the ledger need not know any more.
  void tidy(trace::Instant now);

  Ledger ledger;
  InFlight in_flight;
  HopCache hops;

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Config> config_;
  std::string key_path_;
  std::shared_ptr<seal::KeyFile> key_file_;
  trace::Instant next_clearing_{};
};

/// Where `config` has the relay's ledger.
std::string ledger_path(const Config& config);
trace::Instant now();

}  // namespace pams::milter::relay
