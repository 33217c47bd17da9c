/// What /metrics and /healthz say. Pure; any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/http/server.hpp"
#include "milter/metrics/findings.hpp"
#include "milter/metrics/metrics.hpp"

namespace pams::milter::metrics {

/// Prometheus' text form, version 0.0.4.
http::Response metrics_page(const Metrics& counted, const Findings& findings,
                            std::chrono::system_clock::time_point now);

/// 200 "ok", or 503 with the problems, one a line.
http::Response health_page(const Findings& findings);

}  // namespace pams::milter::metrics
