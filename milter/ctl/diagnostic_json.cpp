#include "milter/ctl/diagnostic_json.hpp"

namespace pams::milter::ctl {
namespace {

nlohmann::json to_json(const Diagnostic& diagnostic) {
  const auto& at = diagnostic.at;
  return {{"file", at.source == nullptr ? "" : at.source->name},
          {"line", at.line},
          {"column", at.column},
          {"severity", diagnostic.severity == Severity::Error ? "error" : "warning"},
          {"text", diagnostic.text}};
}

}  // namespace

nlohmann::json diagnostics_json(const Diagnostics& diagnostics) {
  auto all = nlohmann::json::array();
  for (const auto& diagnostic : diagnostics.all()) all.push_back(to_json(diagnostic));
  return all;
}

}  // namespace pams::milter::ctl
