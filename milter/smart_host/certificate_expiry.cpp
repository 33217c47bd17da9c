#include "milter/smart_host/certificate_expiry.hpp"

#include <ctime>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "milter/smart_host/smart_host_session.hpp"

namespace pams::milter::smart_host {
namespace {

constexpr std::chrono::seconds kTimeout{10};

Result<std::chrono::sys_seconds> end_of_certificate(const SSL* tls) {
  const auto* certificate = SSL_get0_peer_certificate(tls);
  if (certificate == nullptr) return fail(Failure::Temporary, "it shows no certificate");
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return fail(Failure::Temporary, "the end of its certificate cannot be read");
  const std::chrono::year_month_day day(std::chrono::year(end.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(end.tm_mon + 1)),
                                        std::chrono::day(static_cast<unsigned>(end.tm_mday)));
  return std::chrono::sys_days(day) + std::chrono::hours(end.tm_hour) + std::chrono::minutes(end.tm_min) +
         std::chrono::seconds(end.tm_sec);
}

Result<SmtpConnection> connected(const rules::SmartHost& host, Deadline deadline) {
  const auto addresses = look_up(host, deadline);
  if (!addresses) return tl::unexpected(addresses.error());
  Error silent{Failure::Temporary, "no address"};
  for (const auto& address : *addresses) {
    auto connection =
        SmtpConnection::connect(address, std::min(deadline, std::chrono::steady_clock::now() + kTimeout));
    if (connection) return connection;
    silent = {Failure::Temporary, address.text + ": " + connection.error().what};
  }
  return tl::unexpected(silent);
}

}  // namespace

Result<std::chrono::sys_seconds> ask_certificate_expiry(const rules::OutboundConnector& connector,
                                                        const rules::SmartHost& host,
                                                        const std::string& helo_name, Deadline deadline) {
  auto connection = connected(host, deadline);
  if (!connection) return tl::unexpected(connection.error());
  SmartHostSession session(connector, host,
                           {helo_name, fail(Failure::Misconfigured, "not asked for"), deadline, kTimeout, 0},
                           std::move(*connection));
  for (const auto stage : {&SmartHostSession::ehlo, &SmartHostSession::starttls, &SmartHostSession::tls})
    if (const auto result = (session.*stage)(); result.status == StageStatus::Fail)
      return fail(Failure::Temporary, result.reason);
  session.quit();
  const auto ended = session.take_connection();
  return end_of_certificate(ended.tls());
}

}  // namespace pams::milter::smart_host
