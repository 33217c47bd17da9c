/// What a session needs besides libmilter: the configuration and the seams to the outside. Immutable; a
/// message keeps the snapshot that it began with. Any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "milter/archive/archive_store.hpp"
#include "milter/config/config.hpp"
#include "milter/journal/journal_store.hpp"
#include "milter/metrics/metrics.hpp"
#include "milter/routing/route_guard.hpp"
#include "milter/seal/key_ring.hpp"
#include "milter/trace/message_trace.hpp"
#include "rules/policy/evaluate.hpp"

namespace pams::milter::session {

/// As rules::evaluate; a test puts its own here.
using Evaluate = std::function<rules::Plan(const rules::Policy&, Message, Envelope, Client, std::string_view,
                                           const rules::EvaluationContext&)>;

struct Services {
  std::shared_ptr<const Config> config;
  std::map<std::string, std::shared_ptr<archive::ArchiveStore>, std::less<>> archives;
  std::shared_ptr<routing::RouteGuard> route_guard;  ///< asked only when settings.verify_route
  std::shared_ptr<seal::KeyFile> seal_keys;
  std::shared_ptr<journal::JournalStore> journal;  ///< may be null where the policy has no journal rules
  std::shared_ptr<trace::TraceSink> trace;         ///< null: nothing is traced
  Evaluate evaluate;
  std::shared_ptr<metrics::Metrics> metrics;  ///< null: nothing is counted
};

}  // namespace pams::milter::session
