/// How mail enters this Postfix and which settings hold on its way: every listener, the cleanup service
/// that it uses, and any parameter as it holds inside one service (main.cf under the service's own `-o`,
/// evaluated by postconf itself). As master.cf was when it was read; parameters are asked of the Mta at each
/// question. Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "milter/config/config.hpp"
#include "milter/mta/mta.hpp"
#include "milter/mta/postfix/postfix_text.hpp"

namespace pams::milter::mta {

using Parameters = std::map<std::string, std::string>;

class PostfixServices {
 public:
  static Result<PostfixServices> read(const Mta& mta);

  const std::vector<Service>& services() const { return services_; }
  const Service* find(const std::string& name, const std::string& type) const;
  /// smtpd, pickup and qmqpd services: all that mail comes in by.
  std::vector<const Service*> listeners() const;
  /// The cleanup service that a listener uses; nullptr when it names one that does not exist.
  Result<const Service*> cleanup_of(const Service& listener) const;
  /// The cleanup services that any listener uses, each once, in master.cf order.
  Result<std::vector<const Service*>> cleanups() const;

  /// The values that hold inside `service`; a name that Postfix does not know is "".
  Result<Parameters> values(const Service& service, const std::vector<std::string>& names) const;
  Result<std::string> value(const Service& service, const std::string& name) const;
  /// Whether the service has its own `-o name=`.
  bool overrides(const Service& service, const std::string& name) const;
  /// The service's own `-o`, as written: "name=value".
  std::vector<std::string> own_settings(const Service& service) const;

  bool is_chrooted(const Service& service) const;
  const std::string& queue_directory() const { return queue_directory_; }
  /// Whether `address` (of a milter entry of that service) is where `listen` listens.
  bool reaches(const Service& service, const std::string& address, const Listen& listen) const;

 private:
  explicit PostfixServices(const Mta& mta) : mta_(&mta) {}

  const Mta* mta_;
  std::vector<Service> services_;
  std::vector<ServiceParameter> parameters_;
  std::string queue_directory_;
  bool dash_means_chroot_ = false;
};

/// Whether a milter entry's `address` is where we listen, for a process in `queue_directory`.
bool leads_to(const std::string& address, const Listen& listen, const std::string& queue_directory,
              bool chrooted);

/// smtpd takes smtpd_milters; what comes in otherwise, non_smtpd_milters.
std::string milters_parameter(const Service& listener);

}  // namespace pams::milter::mta
