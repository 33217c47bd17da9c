#include "milter/relay/delivery_outcome.hpp"

#include "milter/base/time_text.hpp"
#include "milter/log/log.hpp"
#include "milter/relay/relay_services.hpp"

namespace pams::milter::relay {
namespace {

/// The server's own words in an answer that was passed on.
std::string without_host(const std::string& host, const std::string& text) {
  return !host.empty() && text.starts_with(host + ": ") ? text.substr(host.size() + 2) : text;
}

const log::Event& event_of(int code_class, bool is_report) {
  if (code_class == 2) return log::relay_delivered;
  if (code_class == 4) return log::relay_deferred;
  return is_report ? log::relay_report_refused : log::relay_rejected;
}

}  // namespace

Answer answer_to_unopened(const Error& error) {
  switch (error.failure) {
    case Failure::Refused:
      return {550, "5.7.1", "not a message sealed by this gateway, or changed on its way"};
    case Failure::Misconfigured:
      return {451, "4.3.5", "sealed with a key that is not in seal.key"};
    case Failure::Temporary:
      break;
  }
  return {451, "4.3.0", "the sealed message cannot be opened now"};
}

Answer sent_already(const trace::RelayDelivery& delivery) {
  return {250, "2.0.0",
          "sent already at " + iso8601(std::chrono::floor<std::chrono::seconds>(delivery.time)) + ": " +
              delivery.host + ": " + delivery.reply};
}

trace::RelayDelivery delivery_of(const std::string& seal, const std::string& recipient,
                                 const std::string& connector, const smart_host::Peer& peer,
                                 const Answer& answer) {
  return {.seal = seal,
          .recipient = recipient,
          .time = now(),
          .result =
              answer.is_success() ? trace::RelayDelivery::Result::Sent : trace::RelayDelivery::Result::Failed,
          .connector = connector,
          .host = peer.host,
          .address = peer.address,
          .protocol = peer.protocol,
          .cipher = peer.cipher,
          .certificate = peer.certificate,
          .certificate_names = peer.certificate_names,
          .verified = peer.verified,
          .reply = without_host(peer.host, answer.text)};
}

void OutcomeLog::write() const {
  for (const int code_class : {2, 4, 5}) {
    std::string names, reply;
    for (const auto& [name, answer] : recipients) {
      if (answer.code / 100 != code_class) continue;
      if (reply.empty()) reply = answer.line();
      names += (names.empty() ? "" : ",") + name;
    }
    if (names.empty()) continue;
    log::write(event_of(code_class, is_report),
               {{"seal", seal},
                {"qid", queue_id},
                {"connector", connector},
                {"host", peer.host},
                {"address", peer.address},
                {"tls", peer.protocol + (peer.cipher.empty() ? "" : " " + peer.cipher)},
                {"verified", peer.verified ? "yes" : "no"},
                {"recipients", names},
                {"reply", reply}});
  }
}

}  // namespace pams::milter::relay
