/// What many checks read of a Postfix, read once for all of them: the services of master.cf, the cleanups
/// that they use, and every service through which mail comes in with the settings that decide which milters
/// see it. Each is read at the first question. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/mta/mta.hpp"
#include "milter/mta/postfix/postfix_services.hpp"

namespace pams::milter::doctor {

struct MailListener {
  const mta::Service* service;
  /// Whose process reads the milter list: smtpd itself, or cleanup for local mail.
  const mta::Service* scope;
  std::string parameter;   ///< smtpd_milters or non_smtpd_milters
  mta::Parameters values;  ///< as they hold there
  const std::string& milters() const { return values.at(parameter); }
  bool has_proxy() const;  ///< smtpd hands the content to a program, past milters and header_checks
};

class PostfixView {
 public:
  explicit PostfixView(const mta::Mta& mta) : mta_(mta) {}
  PostfixView(const PostfixView&) = delete;
  PostfixView& operator=(const PostfixView&) = delete;

  const Result<mta::PostfixServices>& services() const;
  /// The cleanup services that any listener uses, each once, in master.cf order.
  const Result<std::vector<const mta::Service*>>& cleanups() const;
  const Result<std::vector<MailListener>>& listeners() const;

 private:
  const mta::Mta& mta_;
  mutable std::optional<Result<mta::PostfixServices>> services_;
  mutable std::optional<Result<std::vector<const mta::Service*>>> cleanups_;  ///< into services_
  mutable std::optional<Result<std::vector<MailListener>>> listeners_;        ///< into services_
};

}  // namespace pams::milter::doctor
