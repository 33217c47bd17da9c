/// Where metrics and health are served, as the configuration that holds says. One thread at a time; what is
/// served may be asked for at any time.
#pragma once

#include <memory>
#include <optional>

#include "milter/config/config.hpp"
#include "milter/http/server.hpp"
#include "milter/metrics/looks.hpp"
#include "milter/metrics/metrics.hpp"

namespace pams::milter::metrics {

class Endpoint {
 public:
  Endpoint(std::shared_ptr<const Metrics> counted, std::shared_ptr<const Looks> looks);

  /// Serves there from now on, and nowhere else; nullopt: not at all. Nothing changes where it is served
  /// there already. Misconfigured when that cannot be; asked again, it tries again.
  Status serve_at(const std::optional<Listen>& listen);

 private:
  const std::shared_ptr<const Metrics> counted_;
  const std::shared_ptr<const Looks> looks_;
  std::string place_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace pams::milter::metrics
