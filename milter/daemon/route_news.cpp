#include "milter/daemon/route_news.hpp"

#include "milter/log/log.hpp"

namespace pams::milter::daemon {

void RouteNews::tell(const rules::OutboundConnector& connector, const Status& status) {
  if (status)
    log::write(log::route_verified, {{"connector", connector.name}});
  else
    log::write(log::route_unverified, {{"connector", connector.name}, {"reason", status.error().what}});
  reset(status ? "routing verified" : "flagged mail waits: " + status.error().what);
}

void RouteNews::reset(std::string line) {
  const MutexLock lock(mutex_);
  line_ = std::move(line);
}

std::string RouteNews::line() const {
  const MutexLock lock(mutex_);
  return line_;
}

}  // namespace pams::milter::daemon
