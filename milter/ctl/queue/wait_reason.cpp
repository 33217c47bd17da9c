#include "milter/ctl/queue/wait_reason.hpp"

#include <optional>

#include "milter/trace/trace_query.hpp"

namespace pams::milter::ctl {
namespace {

using mta::QueuedMessage;

/// "rule 'Moderation': quarantine: ..."; nullopt when no rule did it, or nobody knows.
std::optional<std::string> quarantine_of(const std::string& queue_id, const std::string& trace_path) {
  auto trace = trace::TraceQuery::open(trace_path);
  if (!trace) return std::nullopt;
  trace::Filter filter;
  filter.queue_id = queue_id;
  filter.limit = 1;
  const auto rows = trace->find(filter);
  if (!rows || rows->empty()) return std::nullopt;
  const auto story = trace->story(rows->front().id);
  if (!story || !*story) return std::nullopt;
  std::string rule;
  for (const auto& event : (*story)->events) {
    if (event.kind == trace::to_string(trace::EventKind::Rule)) rule = event.text;
    if (event.kind == trace::to_string(trace::EventKind::Action) && event.text.starts_with("quarantine"))
      return "in quarantine by a rule (" + rule + "; " + event.text + ")";
  }
  return std::nullopt;
}

std::string on_hold(const QueuedMessage& message, bool is_sealed, const std::string& trace_path) {
  if (message.queue == "quarantine") return message.reason;
  const std::string by_hand =
      is_sealed ? "on hold: somebody put it there (postsuper -h)"
                : "on hold: by `pamsctl setup`, a release that was interrupted, or by hand (postsuper -h)";
  auto why = is_sealed ? quarantine_of(message.id, trace_path).value_or(by_hand) : by_hand;
  return message.reason.empty() ? why : why + "; before: " + message.reason;
}

}  // namespace

std::string wait_reason(const QueuedMessage& message, bool is_sealed, const std::string& trace_path) {
  switch (message.state()) {
    case QueuedMessage::State::OnHold:
      return on_hold(message, is_sealed, trace_path);
    case QueuedMessage::State::Active:
      return message.reason.empty() ? "it is being delivered"
                                    : "it is tried again; before: " + message.reason;
    case QueuedMessage::State::New:
      return "not tried yet";
    case QueuedMessage::State::Deferred:
      break;
  }
  if (message.reason.empty()) return "not tried yet";
  return is_sealed ? message.reason
                   : "pams-milter never saw it, so the guard rules keep it: " + message.reason;
}

}  // namespace pams::milter::ctl
