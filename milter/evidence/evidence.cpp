#include "milter/evidence/evidence.hpp"

#include <filesystem>

#include "milter/evidence/archived_copy.hpp"
#include "milter/trace/told_event_json.hpp"
#include "milter/trace/trace_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::evidence {
namespace {

using json = nlohmann::ordered_json;
using namespace pams::milter::trace;

constexpr const char* kUnknown = "not known";

json or_unknown(const std::string& text) { return text.empty() ? json(kUnknown) : json(text); }

json names_of(const RelayDelivery& delivery) {
  if (delivery.certificate_names.empty()) return kUnknown;
  auto names = json::array();
  for (const auto name : text::split(delivery.certificate_names, ' ')) names.push_back(std::string(name));
  return names;
}

json to_json(const RelayDelivery& delivery) {
  return {{"recipient", delivery.recipient},
          {"time", shown_time(delivery.time)},
          {"result", to_string(delivery.result)},
          {"connector", delivery.connector},
          {"smart_host", or_unknown(delivery.host)},
          {"address", or_unknown(delivery.address)},
          {"tls_protocol", or_unknown(delivery.protocol)},
          {"cipher", or_unknown(delivery.cipher)},
          {"certificate_sha256", or_unknown(delivery.certificate)},
          {"certificate_names", names_of(delivery)},
          {"certificate_verified", delivery.verified},
          {"reply", or_unknown(delivery.reply)}};
}

json to_json(const StatusRow& row) {
  return {{"address", row.recipient}, {"status", row.status}, {"reply", or_unknown(row.reply)}};
}

std::string in_words(const RelayDelivery& delivery) {
  const auto when = shown_time(delivery.time);
  if (delivery.host.empty())
    return delivery.recipient + ": " + std::string(to_string(delivery.result)) + " by the relay at " + when +
           ", without a smart host: " + delivery.reply;
  const auto tls = delivery.protocol.empty() ? std::string("WITHOUT TLS")
                                             : "over " + delivery.protocol + " with " + delivery.cipher;
  const auto names = delivery.certificate_names.empty() ? std::string(kUnknown) : delivery.certificate_names;
  return delivery.recipient + ": " + std::string(to_string(delivery.result)) + " at " + when + " to " +
         delivery.host + " [" + delivery.address + "] " + tls + "; its certificate (SHA-256 " +
         (delivery.certificate.empty() ? kUnknown : delivery.certificate) + ", names: " + names + ") was " +
         (delivery.verified ? "verified" : "NOT verified") + "; it answered: " + delivery.reply;
}

class Collector {
 public:
  Collector(const MessageFacts& facts, ArchivedCopies copies) : facts_(facts), copies_(std::move(copies)) {
    not_known_ = copies_.not_known;
  }

  void add_limits(const std::vector<Gap>& gaps, const TraceState& state) {
    for (const auto& gap : gaps)
      not_known_.push_back("what the trace lost between " + shown_time(gap.from) + " and " +
                           shown_time(gap.until) + ": " + gap.reason);
    if (state.store)
      not_known_.push_back("what came since " + shown_time(state.store->since) + ": " + state.store->reason);
    if (state.log)
      not_known_.push_back("what the MTA logged since " + shown_time(state.log->since) + ": " +
                           state.log->reason);
  }

  /// "signature" is null: whoever signs it says how to check it there.
  json document(Instant made) {
    const auto& first = facts_.story.rows.front();
    tell_message(first);
    for (const auto& row : facts_.story.rows) tell_recipient(row);
    for (const auto& sentence : copies_.sentences) summary_.push_back(sentence);
    for (const auto& one : not_known_) summary_.push_back("Not known: " + one + ".");
    json document{{"format", "pams-milter evidence 1"},
                  {"made", shown_time(made)},
                  {"summary", summary_},
                  {"signature", nullptr},
                  {"message", message(first)},
                  {"envelope", envelope(first)},
                  {"times", times(first)},
                  {"rules", rules()},
                  {"archive", copies_.records},
                  {"connector", or_unknown(facts_.connector)},
                  {"deliveries", all_of(facts_.deliveries)},
                  {"events", all_of(facts_.story.events)},
                  {"not_known", not_known_}};
    return document;
  }

 private:
  template <class T>
  static json all_of(const std::vector<T>& all) {
    auto array = json::array();
    for (const auto& one : all) array.push_back(to_json(one));
    return array;
  }

  void tell_message(const StatusRow& row) {
    summary_.push_back("Message " + row.id + " (Message-Id " + row.message_id + ") from <" + row.sender +
                       "> to " + std::to_string(facts_.story.rows.size()) + " recipient(s), " +
                       std::to_string(row.size) + " bytes, came at " + shown_time(row.received) + " from " +
                       (row.client.empty() ? kUnknown : row.client) + "; its class is " + row.message_class +
                       ".");
    if (row.message_id.empty()) not_known_.emplace_back("the Message-Id");
    if (row.client.empty()) not_known_.emplace_back("the client that sent it");
    if (row.subject.empty())
      not_known_.emplace_back("the subject: there is none, or the trace does not keep subjects");
  }

  void tell_recipient(const StatusRow& row) {
    const auto* const fate = fate_of(row.recipient, facts_.deliveries);
    if (fate != nullptr) {
      summary_.push_back(in_words(*fate));
      if (!fate->host.empty() && fate->certificate_names.empty())
        not_known_.push_back("the names of the certificate that " + fate->host + " showed for " +
                             row.recipient);
      return;
    }
    summary_.push_back(row.recipient + ": " + row.status + (row.reply.empty() ? "" : ", " + row.reply) +
                       (row.tls.empty() ? "" : ", TLS as the MTA logged it: " + row.tls));
    if (row.status == to_string(DeliveryStatus::Delivered))
      not_known_.push_back("cipher and certificate of the delivery to " + row.recipient +
                           ": the MTA delivered it, not pams-relay");
    if (row.status == to_string(DeliveryStatus::Pending) ||
        row.status == to_string(DeliveryStatus::Quarantined))
      not_known_.push_back("what becomes of it for " + row.recipient + ": it waits");
  }

  json message(const StatusRow& row) const {
    return {{"id", row.id},
            {"message_id", or_unknown(row.message_id)},
            {"queue_ids", facts_.queue_ids},
            {"subject", or_unknown(row.subject)},
            {"size", row.size},
            {"class", row.message_class}};
  }

  json envelope(const StatusRow& row) const {
    return {{"sender", row.sender},
            {"recipients", all_of(facts_.story.rows)},
            {"client", or_unknown(row.client)}};
  }

  json times(const StatusRow& row) const {
    json times{{"received", shown_time(row.received)}};
    times["last_event"] =
        facts_.story.events.empty() ? json(kUnknown) : json(shown_time(facts_.story.events.back().last));
    return times;
  }

  json rules() const {
    auto told = json::array();
    for (const auto& event : facts_.story.events)
      for (const auto kind : {EventKind::Class, EventKind::Rule, EventKind::Action, EventKind::Note,
                              EventKind::Route, EventKind::Change})
        if (event.kind == to_string(kind)) told.push_back({{"event", event.kind}, {"text", event.text}});
    return told;
  }

  const MessageFacts& facts_;
  ArchivedCopies copies_;
  std::vector<std::string> summary_, not_known_;
};

std::string any_checkpoint_key(const Config& config) {
  for (const auto& archive : config.settings.archives)
    if (!archive.checkpoint_key.empty()) return archive.checkpoint_key;
  return "";
}

}  // namespace

Result<std::optional<Evidence>> collect(const Config& config, TraceQuery& query, std::string_view id,
                                        Instant made) {
  const auto facts = query.facts(id);
  if (!facts) return tl::unexpected(facts.error());
  if (!*facts) return std::nullopt;
  const auto received = (*facts)->story.rows.front().received;
  const auto gaps = query.gaps(received, {});
  if (!gaps) return tl::unexpected(gaps.error());
  const auto state = query.state();
  if (!state) return tl::unexpected(state.error());
  auto copies = archived_copies(config, **facts);
  auto key = copies.checkpoint_key.empty() ? any_checkpoint_key(config) : copies.checkpoint_key;
  Collector collector(**facts, std::move(copies));
  collector.add_limits(*gaps, *state);
  return Evidence{collector.document(made), std::move(key)};
}

std::string verify_command(const std::string& file) {
  const auto name = std::filesystem::path(file).filename().string();
  return "openssl cms -verify -binary -inform PEM -in " + name + ".p7s -content " + name + " -CAfile " +
         name + ".pem -out /dev/null";
}

}  // namespace pams::milter::evidence
