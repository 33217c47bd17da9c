#include "milter/log/diagnostics.hpp"

#include "milter/log/log.hpp"

namespace pams::milter::log {

void write_diagnostics(const Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics.all()) {
    const auto& at = diagnostic.at;
    const auto place = at.source == nullptr ? ""
                                            : at.source->name + ":" + std::to_string(at.line) + ":" +
                                                  std::to_string(at.column);
    const bool is_error = diagnostic.severity == Severity::Error;
    write(is_error ? configuration_error : configuration_warning, {{"at", place}, {"text", diagnostic.text}});
  }
}

}  // namespace pams::milter::log
