#include "milter/trace/told_event_json.hpp"

#include "milter/trace/trace_text.hpp"

namespace pams::milter::trace {

nlohmann::ordered_json to_json(const ToldEvent& event) {
  return {{"time", shown_time(event.time)},
          {"last", shown_time(event.last)},
          {"times", event.times},
          {"event", event.kind},
          {"text", event.text},
          {"recipient", event.recipient},
          {"service", event.service},
          {"relay", event.relay},
          {"result", event.result},
          {"tls", event.tls},
          {"address", event.address},
          {"cipher", event.cipher},
          {"certificate", event.certificate}};
}

}  // namespace pams::milter::trace
