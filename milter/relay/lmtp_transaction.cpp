#include "milter/relay/lmtp_transaction.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::milter::relay {
namespace {

using std::chrono::seconds;

constexpr seconds kForAPiece(180);  // RFC 5321 4.5.3.2.5
constexpr seconds kForTheEnd(600);  // 4.5.3.2.6
constexpr seconds kForReset(10);
/// So many that neither side's socket can be full while the other writes.
constexpr std::size_t kRecipientsAtOnce = 50;

smart_host::Deadline in(seconds timeout) { return std::chrono::steady_clock::now() + timeout; }

bool fits_on_a_line(std::string_view word) {
  return std::ranges::none_of(word, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

}  // namespace

tl::unexpected<LmtpTransaction::TransactionError> LmtpTransaction::broken(const Error& error) const {
  const auto& host = hop_->peer().host;
  return tl::unexpected(TransactionError{error.what.starts_with(host) ? error.what : host + ": " + error.what,
                                         std::nullopt, true});
}

tl::unexpected<LmtpTransaction::TransactionError> LmtpTransaction::refused(
    const smart_host::SmtpReply& reply) const {
  const auto answer = passed_on(hop_->peer().host, reply);
  return tl::unexpected(TransactionError{answer.text, answer, reply.code == 421});
}

bool LmtpTransaction::is_answered() const {
  return std::ranges::all_of(answers_, [](const auto& answer) { return answer.has_value(); });
}

void LmtpTransaction::answer_the_rest(const Answer& answer) {
  for (auto& one : answers_)
    if (!one) one = answer;
}

/// What the server cannot take is said, never converted.
bool LmtpTransaction::answers_for_lack(const OutgoingEnvelope& envelope) {
  const auto& host = hop_->peer().host;
  const auto limit = hop_->size_limit();
  if (envelope.has_8bit && !hop_->offers("8BITMIME"))
    answer_the_rest({550, "5.6.3", host + ": it does not take 8-bit messages (8BITMIME)"});
  else if (envelope.needs_utf8 && !hop_->offers("SMTPUTF8"))
    answer_the_rest({550, "5.6.7", host + ": it does not take addresses or headers in UTF-8 (SMTPUTF8)"});
  else if (limit != 0 && envelope.size > limit)
    answer_the_rest({552, "5.3.4",
                     host + ": it takes messages up to " + std::to_string(limit) + " bytes; this one has " +
                         std::to_string(envelope.size)});
  return is_answered();
}

std::string LmtpTransaction::mail_line(const OutgoingEnvelope& envelope) const {
  auto line = "MAIL FROM:<" + envelope.sender + ">";
  if (hop_->offers("SIZE")) line += " SIZE=" + std::to_string(envelope.size);
  if (envelope.has_8bit) line += " BODY=8BITMIME";
  if ((envelope.asks_utf8 || envelope.needs_utf8) && hop_->offers("SMTPUTF8")) line += " SMTPUTF8";
  if (hop_->offers("DSN") && text::istarts_with(envelope.envelope_id, "ENVID=") &&
      fits_on_a_line(envelope.envelope_id))
    line += " " + envelope.envelope_id;
  return line;
}

std::string LmtpTransaction::rcpt_line(const seal::Contents::Recipient& recipient) const {
  auto line = "RCPT TO:<" + recipient.address + ">";
  if (!hop_->offers("DSN") || !fits_on_a_line(recipient.parameters)) return line;
  for (const auto word : text::split(recipient.parameters, ' '))
    if (text::istarts_with(word, "NOTIFY=") || text::istarts_with(word, "ORCPT="))
      line.append(" ").append(word);
  return line;
}

tl::expected<void, LmtpTransaction::TransactionError> LmtpTransaction::begin(const OutgoingEnvelope& envelope,
                                                                             smart_host::Deadline deadline) {
  answers_.assign(envelope.recipients.size(), std::nullopt);
  is_clean_ = true;
  for (std::size_t i = 0; i < answers_.size(); ++i)
    if (!fits_on_a_line(envelope.recipients[i].address))
      answers_[i] = Answer{550, "5.1.3", "the address holds control characters"};
  if (!fits_on_a_line(envelope.sender))
    answer_the_rest({550, "5.1.7", "the sender's address holds control characters"});
  if (is_answered() || answers_for_lack(envelope)) return {};
  is_clean_ = false;
  const auto mail = hop_->command(mail_line(envelope), deadline);
  if (!mail) return broken(mail.error());
  const auto said = passed_on(hop_->peer().host, *mail);
  if (!said.is_final()) return refused(*mail);
  if (!said.is_success()) {
    answer_the_rest(said);
    reset(in(kForReset));
    return {};
  }
  if (auto asked = recipients(envelope, deadline); !asked) return asked;
  if (!is_answered()) return data(deadline);
  reset(in(kForReset));
  return {};
}

tl::expected<void, LmtpTransaction::TransactionError> LmtpTransaction::recipients(
    const OutgoingEnvelope& envelope, smart_host::Deadline deadline) {
  const std::size_t at_once = hop_->offers("PIPELINING") ? kRecipientsAtOnce : 1;
  std::vector<std::size_t> asked;
  std::string lines;
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    if (!answers_[i]) {
      asked.push_back(i);
      lines += rcpt_line(envelope.recipients[i]) + "\r\n";
    }
    if (asked.empty() || (asked.size() < at_once && i + 1 < answers_.size())) continue;
    if (const auto sent = hop_->send(lines, deadline); !sent) return broken(sent.error());
    for (const auto one : asked) {
      const auto reply = hop_->read_reply(deadline);
      if (!reply) return broken(reply.error());
      if (reply->code == 421) return refused(*reply);
      if (reply->code / 100 != 2) answers_[one] = passed_on(hop_->peer().host, *reply);
    }
    asked.clear();
    lines.clear();
  }
  return {};
}

tl::expected<void, LmtpTransaction::TransactionError> LmtpTransaction::data(smart_host::Deadline deadline) {
  const auto reply = hop_->command("DATA", deadline);
  if (!reply) return broken(reply.error());
  if (reply->code == 354) {
    ready_ = true;
    return {};
  }
  const auto said = passed_on(hop_->peer().host, *reply);
  if (!said.is_final() || said.is_success()) return refused(*reply);
  answer_the_rest(said);
  reset(in(kForReset));
  return {};
}

void LmtpTransaction::reset(smart_host::Deadline deadline) {
  const auto reply = hop_->command("RSET", deadline);
  is_clean_ = reply && reply->code / 100 == 2;
}

Status LmtpTransaction::content(std::string_view bytes) {
  return hop_->send(dots_.content(bytes), in(kForAPiece));
}

Status LmtpTransaction::finish() {
  ready_ = false;
  // Who has the dot may take the message, whatever becomes of the MTA or of us: the answer is waited for.
  hop_->cancel_on({});
  if (const auto sent = hop_->send(dots_.end(), in(kForAPiece)); !sent) return sent;
  const auto deadline = in(kForTheEnd);
  for (auto& answer : answers_) {
    if (answer) continue;
    const auto reply = hop_->read_reply(deadline);
    if (!reply) return tl::unexpected(reply.error());
    is_clean_ = reply->code != 421;
    const auto said = passed_on(hop_->peer().host, *reply);
    if (!hop_->answers_each()) {
      answer_the_rest(said);
      return {};
    }
    answer = said;
  }
  return {};
}

std::unique_ptr<NextHop> LmtpTransaction::take_hop() { return is_clean_ ? std::move(hop_) : nullptr; }

}  // namespace pams::milter::relay
