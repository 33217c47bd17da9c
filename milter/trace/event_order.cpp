#include "milter/trace/event_order.hpp"

#include <algorithm>

namespace pams::milter::trace {
namespace {

using std::chrono::seconds;

Instant second_of(Instant time) { return std::chrono::floor<seconds>(time); }

/// The latest that the MTA's log can mean.
Instant latest(Instant time) {
  return time == second_of(time) ? time + seconds(1) - std::chrono::milliseconds(1) : time;
}

bool is_of_relay(const ToldEvent& event) { return event.service == "pams-relay"; }

void not_before(ToldEvent& event, Instant time) {
  event.time = std::max(event.time, time);
  event.last = std::max(event.last, event.time);
}

/// Where the log has whole seconds, an event did not happen before the one that stands in front of it in the
/// same second.
void refine(std::vector<ToldEvent>& told) {
  for (std::size_t i = 1; i < told.size(); ++i) {
    const auto before = told[i - 1].time;
    if (told[i].time < before && before <= latest(told[i].time)) not_before(told[i], before);
  }
}

/// The relay writes down what it did before the MTA can log it.
void insert(std::vector<ToldEvent>& events, ToldEvent of_relay) {
  auto place = events.end();
  while (place != events.begin() && !std::prev(place)->service.empty() &&
         latest(std::prev(place)->time) >= of_relay.time)
    --place;
  events.insert(place, std::move(of_relay));
}

}  // namespace

void put_in_order(std::vector<ToldEvent>& events) {
  if (events.empty()) return;
  const auto received = events.front().time;
  for (auto& event : events)
    if (!event.service.empty()) not_before(event, received);
  const auto relay = std::stable_partition(events.begin(), events.end(),
                                           [](const ToldEvent& event) { return !is_of_relay(event); });
  std::vector<ToldEvent> of_relay(std::make_move_iterator(relay), std::make_move_iterator(events.end()));
  events.erase(relay, events.end());
  const auto by_time = [](const ToldEvent& a, const ToldEvent& b) { return a.time < b.time; };
  refine(events);
  std::ranges::stable_sort(events, by_time);
  for (auto& event : of_relay) insert(events, std::move(event));
  refine(events);
  std::ranges::stable_sort(events, by_time);
}

}  // namespace pams::milter::trace
