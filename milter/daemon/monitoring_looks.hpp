/// What /metrics and /healthz look at. One look each at what a configuration and its services need to be in
/// order: what cannot be found out has no sample, what is wrong is a sentence. Looks may take long; they are
/// on no message's way.
#pragma once

#include <memory>

#include "milter/base/mutex.hpp"
#include "milter/metrics/looks.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::daemon {

metrics::Look look_at_seal_key(const session::Services& services);
/// Of each archive: whether a record could be written now.
metrics::Look look_at_archives(const session::Services& services);
/// How many records the search indexes lack, of all archives together.
metrics::Look look_at_archive_lag(const session::Services& services);
/// Of the spool: whether a report could be written now, and how many wait.
metrics::Look look_at_journal(const session::Services& services);
metrics::Look look_at_leaks(const session::Services& services);
metrics::Look look_at_certificates(const session::Services& services);

/// The gaps of the trace that were seen; outlives a configuration. Any thread.
struct SeenGaps {
  explicit SeenGaps(trace::Instant begin) : since(begin) {}
  const trace::Instant since;  ///< those that end later count
  Mutex mutex;
  std::size_t present PAMS_GUARDED_BY(mutex) = 0;  ///< in the trace, at the last look
  double total PAMS_GUARDED_BY(mutex) = 0;
};
metrics::Look look_at_gaps(const session::Services& services, std::shared_ptr<SeenGaps> seen);

}  // namespace pams::milter::daemon
