// The milter cannot undo the guard rules: mail from outside that happens to carry the header waits until it
// bounces. So they belong to listeners that only the organization's own senders can use.
#include <algorithm>

#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

const std::vector<std::string> kRestrictions{"smtpd_client_restrictions",    "smtpd_helo_restrictions",
                                             "smtpd_sender_restrictions",    "smtpd_relay_restrictions",
                                             "smtpd_recipient_restrictions", "smtpd_data_restrictions"};

/// A service's host part, or else inet_interfaces.
bool is_on_loopback(const mta::Service& listener, const std::string& interfaces) {
  if (listener.type != "inet") return false;
  const auto colon = listener.name.rfind(':');
  const auto where = colon == std::string::npos ? interfaces : listener.name.substr(0, colon);
  const auto host = text::trim(where, "[]");
  return host.starts_with("127.") || host == "localhost" || host == "::1" || host == "loopback-only";
}

/// Whether some list lets only named peers in: "permit_mynetworks, reject".
bool is_closed(const mta::Parameters& values) {
  return std::ranges::any_of(kRestrictions,
                             [&](const std::string& name) { return holds_word(values.at(name), "reject"); });
}

Result<bool> has_guard_rules(const mta::PostfixServices& services, const mta::Service& listener) {
  return services.cleanup_of(listener).map([](const mta::Service* cleanup) {
    return cleanup != nullptr && cleanup->name != setup::kInboundCleanup;
  });
}

Finding examine(const mta::PostfixServices& services, const mta::Service& listener) {
  const auto guarded = has_guard_rules(services, listener);
  if (!guarded) return unanswered(guarded.error());
  if (!*guarded) return ok("");
  auto names = kRestrictions;
  names.emplace_back("inet_interfaces");
  const auto values = services.values(listener, names);
  if (!values) return unanswered(values.error());
  if (is_on_loopback(listener, values->at("inet_interfaces")) || is_closed(*values)) return ok("");
  return warn(
      "anybody can send mail here, and it has the guard rules",
      "pamsctl setup postfix --apply --outbound OWN-LISTENER --outbound pickup, with the listeners that only your own senders use; or, if that is this one: postconf -P '" +
          listener.key() + "/smtpd_client_restrictions=permit_mynetworks,permit_sasl_authenticated,reject'");
}

Finding run(const Examination& examination) {
  const auto& services = examination.postfix.services();
  if (!services) return unanswered(services.error());
  Finding sum;
  for (const auto* listener : services->listeners())
    if (listener->command == "smtpd") add(sum, *listener, examine(*services, *listener));
  if (sum.status == CheckStatus::Ok) sum.seen = "strangers reach no listener that has the guard rules";
  return sum;
}

}  // namespace

extern constinit const Check untrusted_peers{
    .id = "untrusted_peers",
    .why = "Mail from outside that happens to carry the header is held by the guard rules until it bounces.",
    .run = run,
};

}  // namespace pams::milter::doctor
