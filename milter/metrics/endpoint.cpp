#include "milter/metrics/endpoint.hpp"

#include "milter/log/log.hpp"
#include "milter/metrics/pages.hpp"

namespace pams::milter::metrics {

Endpoint::Endpoint(std::shared_ptr<const Metrics> counted, std::shared_ptr<const Looks> looks)
    : counted_(std::move(counted)), looks_(std::move(looks)) {}

Status Endpoint::serve_at(const std::optional<Listen>& listen) {
  const auto place = listen ? listen->for_libmilter() : "";
  if (place == place_ && server_ != nullptr) return {};
  server_.reset();
  place_ = place;
  if (!listen) return {};
  auto server = http::Server::open(
      *listen,
      {{"/metrics",
        [counted = counted_, looks = looks_](const http::Request&) {
          return metrics_page(*counted, looks->findings(), std::chrono::system_clock::now());
        }},
       {"/healthz", [looks = looks_](const http::Request&) { return health_page(looks->findings()); }}});
  if (!server) {
    log::write(log::metrics_unavailable, {{"listen", place}, {"reason", server.error().what}});
    return tl::unexpected(server.error());
  }
  server_ = std::move(*server);
  log::write(log::metrics_started, {{"listen", place}});
  return {};
}

}  // namespace pams::milter::metrics
