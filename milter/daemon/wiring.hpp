/// From a configuration to what sessions work with, at the start and at every reload. One thread at a time.
///
/// Each part of Services is of one of three kinds; a new part chooses its own:
///   made anew    knows nothing that a new configuration may not forget (key file, route verifier: it must
///                not rely on what it found out for another configuration);
///   cached       by its origin, see WeakCache: made anew when that changed, while messages in work go on
///                with the former one. For what is safe beside a second one (archives);
///   cached and   by the one thing that only one may have open; what else changed is told to it. For what is
///   changed      not safe beside a second one (the trace: one writer for one database; the journal: one that
///                delivers from one spool, or a report would go twice), for the watch of the routing, and for
///                what is counted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "milter/daemon/monitoring.hpp"
#include "milter/daemon/refused_records.hpp"
#include "milter/daemon/route_news.hpp"
#include "milter/daemon/weak_cache.hpp"
#include "milter/routing/route_watch.hpp"
#include "milter/session/services.hpp"

namespace pams::milter::archive {
class DirectoryArchive;
}
namespace pams::milter::journal {
class DurableJournal;
}
namespace pams::milter::trace {
class TraceWriter;
}

namespace pams::milter::daemon {

struct Wired {
  std::shared_ptr<const session::Services> services;
  std::vector<std::string> remarks;  ///< what is not in order, for the operator; the log has it already
  /// What is known of the routing, without asking anew: "routing verified", "flagged mail waits: ...". Any
  /// thread.
  std::function<std::string()> route_line = [] { return std::string("routing not checked"); };
};

/// As Wiring::wire; a test puts its own here.
using Wire = std::function<Wired(std::shared_ptr<const Config>)>;

class Wiring {
 public:
  Wiring();
  /// Tries each archive directory and the key file once. What is not in order stops nothing: the mail that
  /// needs it waits, and the log says so now (events archive_unusable, journal_unusable,
  /// seal_key_unreadable).
  Wired wire(std::shared_ptr<const Config> config);

 private:
  std::shared_ptr<archive::ArchiveStore> archive(const ArchiveSettings& settings, Wired& wired);
  std::shared_ptr<journal::JournalStore> journal(const std::shared_ptr<const Config>& config,
                                                 const std::shared_ptr<routing::RouteGuard>& guard,
                                                 const std::shared_ptr<seal::KeyFile>& keys, Wired& wired);
  std::shared_ptr<trace::TraceSink> trace(const TraceSettings& settings);
  void watch_route(const std::shared_ptr<const Config>& config);

  WeakCache<archive::DirectoryArchive> archives_;
  WeakCache<journal::DurableJournal> journals_;
  WeakCache<trace::TraceWriter> traces_;
  std::shared_ptr<RefusedRecords> refused_ = std::make_shared<RefusedRecords>();
  Monitoring monitoring_;
  const std::function<void(const std::optional<Status>&)> tell_route_ = monitoring_.route_teller();
  bool watches_route_ = false;
  std::shared_ptr<RouteNews> route_news_ = std::make_shared<RouteNews>();
  routing::RouteWatch route_watch_;
};

}  // namespace pams::milter::daemon
