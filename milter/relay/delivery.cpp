#include "milter/relay/delivery.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "milter/log/log.hpp"
#include "milter/relay/delivery_outcome.hpp"
#include "milter/relay/report_mailbox.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::relay {

Delivery::Delivery(RelayServices& services, std::shared_ptr<const Config> config,
                   std::shared_ptr<const seal::KeyRing> keys, Asked asked)
    : services_(services),
      config_(std::move(config)),
      keys_(std::move(keys)),
      asked_(std::move(asked)),
      reader_(
          *keys_, [this](const auto& header, const auto& contents) { return opened(header, contents); },
          [this](std::string_view bytes) { return message(bytes); }),
      claims_(services.in_flight),
      dispatch_(services, config_, asked_.client) {}

void Delivery::add(std::string_view bytes) {
  if (error_) return;
  if (const auto added = reader_.add(bytes); !added) {
    error_ = added.error();
    transaction_.reset();  // at once: the smart host must not wait for the rest of something false
  }
}

Status Delivery::opened(const seal::CarrierReader::Header& header, const seal::Contents& contents) {
  seal_ = header.sealed.id;
  received_ = header.received;
  contents_ = contents;
  sort_recipients();
  for (auto& target : targets_) target.answer = known_answer(target);
  if (is_switched_off())
    flag_.emplace(config_->policy.pams.header);
  else
    begin_sending();
  return {};
}

/// Then flagged mail waits; whatever else has the same connector goes.
bool Delivery::is_switched_off() const {
  const auto& pams = config_->policy.pams;
  return !pams.enabled && !is_report() && contents_.connector == pams.connector;
}

Status Delivery::judge_flag() {
  const auto finder = *std::exchange(flag_, std::nullopt);
  if (!finder.is_flagged()) {
    begin_sending();
    return message(finder.seen());
  }
  for (auto& target : targets_)
    if (!target.answer)
      target.answer = Answer{451, "4.7.1", "[pams] enabled is false: flagged mail is not sent on"};
  return {};
}

void Delivery::sort_recipients() {
  const auto places = match_recipients(asked_.recipients, contents_.recipients);
  std::map<std::size_t, std::size_t> known;  // place in the seal -> place in targets_
  extras_.resize(places.size());
  matches_.resize(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].empty()) extras_[i] = extra(asked_.recipients[i]);
    for (const auto place : places[i]) {
      // All mailboxes of a report are one target: one of them gets it.
      const auto [at, is_new] = known.emplace(is_report() ? 0 : place, targets_.size());
      if (is_new) targets_.push_back({place, i, std::nullopt});
      matches_[i].push_back(at->second);
    }
  }
}

/// A recipient that the MTA added: it gets nothing.
Answer Delivery::extra(const CarrierRecipient& recipient) {
  const auto name = "<" + recipient.address + ">";
  if (config_->policy.pams.extra_recipients == rules::ExtraRecipients::Refuse)
    return {550, "5.7.1", name + " is not a recipient of the sealed message"};
  trace::RelayDelivery dropped;
  dropped.seal = seal_;
  dropped.recipient = recipient.address;
  dropped.time = now();
  dropped.result = trace::RelayDelivery::Result::Dropped;
  dropped.connector = contents_.connector;
  dropped.reply = "not a recipient of the sealed message";
  deliveries_.push_back(std::move(dropped));
  return {250, "2.1.5", name + " not a recipient of the sealed message, dropped"};
}

/// What need not, or must not, be sent now. The claim comes first: whoever had it may have sent meanwhile.
std::optional<Answer> Delivery::known_answer(Target& target) {
  target.is_new = false;
  const auto& claimed = contents_.recipients[is_report() ? 0 : target.place].address;
  if (!claims_.take(seal_, claimed)) return Answer{451, "4.3.0", "in delivery by another session"};
  const Answer unknown{451, "4.3.0", "it is not known what was sent already; see the relay's log"};
  if (ledger_has_failed_) return unknown;
  const auto earlier = earlier_answer(target);
  if (!earlier) {
    ledger_has_failed_ = true;
    log::write(log::relay_ledger_failed, {{"seal", seal_}, {"reason", earlier.error().what}});
    return unknown;
  }
  target.is_new = !*earlier;
  return *earlier;
}

/// What the ledger knows; for a report, of all its mailboxes, and then the target becomes the one to try.
Result<std::optional<Answer>> Delivery::earlier_answer(Target& target) {
  const auto path = ledger_path(*config_);
  const auto& all = contents_.recipients;
  const auto candidates = is_report() ? std::span(all) : std::span(all).subspan(target.place, 1);
  for (const auto& candidate : candidates) {
    const auto sent = services_.ledger.sent(path, seal_, candidate.address);
    if (!sent) return tl::unexpected(sent.error());
    if (*sent) return sent_already(**sent);
  }
  if (!is_report()) return std::nullopt;
  const auto refused = services_.ledger.refused_by(path, seal_);
  if (!refused) return tl::unexpected(refused.error());
  target.place = mailbox_to_try(target.place, all, *refused);
  return std::nullopt;
}

OutgoingEnvelope Delivery::envelope() const {
  OutgoingEnvelope out{contents_.sender,
                       contents_.envelope_id.empty() ? asked_.envelope_id : contents_.envelope_id,
                       {},
                       contents_.size + received_.size(),
                       contents_.has_8bit || !text::is_ascii(received_),
                       asked_.is_utf8 && contents_.has_8bit,
                       (asked_.is_utf8 && contents_.has_8bit_header) || !text::is_ascii(contents_.sender)};
  for (const auto at : pending_) {
    const auto& recipient = contents_.recipients[targets_[at].place];
    out.recipients.push_back(
        {recipient.address, dsn_parameters(recipient, asked_.recipients[targets_[at].asked])});
    out.needs_utf8 = out.needs_utf8 || !text::is_ascii(out.recipients.back().address);
  }
  return out;
}

void Delivery::begin_sending() {
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (!targets_[i].answer) pending_.push_back(i);
  if (pending_.empty()) return;
  auto begun = dispatch_.begin(contents_, envelope());
  if (!begun) return break_off(begun.error());
  transaction_ = std::move(*begun);
  peer_ = transaction_->hop().peer();
  use_answers();
  if (!transaction_->is_ready()) {
    dispatch_.end(*transaction_);
    transaction_.reset();
    return;
  }
  (void)message(received_);
}

Status Delivery::message(std::string_view bytes) {
  if (flag_) return flag_->add(bytes) ? judge_flag() : Status{};
  if (transaction_ == nullptr) return {};  // all are answered: the rest is read and proved, no more
  if (const auto sent = transaction_->content(bytes); !sent)
    break_off({451, "4.4.2", peer_.host + ": the connection broke off in the message: " + sent.error().what});
  return {};
}

/// Nobody who is not answered yet has the message.
void Delivery::break_off(const Answer& answer) {
  transaction_.reset();
  for (const auto at : pending_)
    if (!targets_[at].answer) targets_[at].answer = answer;
}

void Delivery::use_answers() {
  for (std::size_t i = 0; i < pending_.size(); ++i)
    if (const auto& answer = transaction_->answers()[i]) targets_[pending_[i]].answer = *answer;
}

std::vector<Answer> Delivery::finish() {
  if (!error_)
    if (const auto whole = reader_.finish(); !whole) error_ = whole.error();
  if (error_) return not_authentic(*error_);
  if (flag_) (void)judge_flag();  // it has no body
  if (transaction_ != nullptr) send_end();
  record();
  if (transaction_ != nullptr)
    dispatch_.end(*transaction_);  // its good-bye may take time: the note comes first
  transaction_.reset();
  log_outcome();
  auto told = answers();
  claims_.release();
  return told;
}

void Delivery::send_end() {
  const auto ended = transaction_->finish();
  use_answers();
  if (!ended)
    break_off({451, "4.4.2",
               peer_.host + ": its answer to the message is lost, so it may have it: " + ended.error().what});
}

void Delivery::record() {
  for (const auto& target : targets_)
    if (target.is_new && target.answer && target.answer->is_final())
      deliveries_.push_back(delivery_of(seal_, contents_.recipients[target.place].address,
                                        dispatch_.connector(), peer_, *target.answer));
  const auto recorded = services_.ledger.record(ledger_path(*config_), deliveries_);
  if (!recorded)
    log::write(log::relay_unrecorded, {{"seal", seal_},
                                       {"deliveries", std::to_string(deliveries_.size())},
                                       {"reason", recorded.error().what}});
}

void Delivery::log_outcome() const {
  OutcomeLog outcome{seal_, contents_.queue_id, dispatch_.connector(), peer_, is_report(), {}};
  for (const auto& target : targets_)
    if (target.is_new && target.answer)
      outcome.recipients.emplace_back(contents_.recipients[target.place].address, *target.answer);
  outcome.write();
  for (std::size_t i = 0; i < extras_.size(); ++i)
    if (extras_[i])
      log::write(log::relay_extra_recipient, {{"seal", seal_},
                                              {"qid", contents_.queue_id},
                                              {"recipient", asked_.recipients[i].address},
                                              {"reply", extras_[i]->line()}});
}

std::vector<Answer> Delivery::answers() const {
  std::vector<Answer> out;
  for (std::size_t i = 0; i < matches_.size(); ++i) {
    if (matches_[i].empty())
      out.push_back(extras_[i].value());
    else
      out.push_back(is_report() ? deferred(answer_of_all(matches_[i])) : answer_of_all(matches_[i]));
  }
  return out;
}

/// What one of them still lacks must come again; only then what one of them was refused counts.
const Answer& Delivery::answer_of_all(const std::vector<std::size_t>& targets) const {
  const auto urgency = [](const Answer& answer) {
    return !answer.is_final() ? 2 : answer.is_success() ? 0 : 1;
  };
  const auto* worst = &targets_[targets.front()].answer.value();
  for (const auto at : targets)
    if (const auto& answer = targets_[at].answer.value(); urgency(answer) > urgency(*worst)) worst = &answer;
  return *worst;
}

std::vector<Answer> Delivery::refuse(const Answer& answer) {
  transaction_.reset();
  claims_.release();
  return std::vector<Answer>(asked_.recipients.size(), answer);
}

std::vector<Answer> Delivery::not_authentic(const Error& error) {
  if (error.failure == Failure::Refused)
    log::write(log::relay_refused, {{"seal", seal_}, {"reason", error.what}});
  else if (error.failure == Failure::Misconfigured)
    log::write(log::relay_key_missing, {{"seal", seal_}, {"reason", error.what}});
  else
    log::write(log::relay_deferred, {{"seal", seal_}, {"reason", error.what}});
  return refuse(answer_to_unopened(error));
}

}  // namespace pams::milter::relay
