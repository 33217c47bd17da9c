/// One connection of the MTA: who is connected, and the message in work. libmilter may run the callbacks of
/// one connection on different threads, never two at once; so everything lives here and nothing in
/// thread_local.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <libmilter/mfapi.h>

#include "milter/session/transaction.hpp"

namespace pams::milter::session {

class Session {
 public:
  /// What was agreed when the MTA connected.
  struct Agreement {
    bool leading_space = false;       ///< header values come with the blank after the colon
    bool answers_recipients = false;  ///< the MTA waits for an answer to each RCPT
    bool answers_body = true;         ///< the MTA waits for an answer to each chunk of a body
    bool can_skip = false;            ///< and understands SMFIS_SKIP
  };

  explicit Session(Agreement agreement) : agreement_(agreement) {}

  /// The session of a connection; throws std::logic_error when it has none (no memory when it began).
  static Session& of(SMFICTX* context);

  void connect(std::string address) { address_ = std::move(address); }
  void mail(std::shared_ptr<const Services> services, char** arguments);
  /// `arguments` of RCPT: the address, then its ESMTP parameters.
  void recipient(char** arguments);
  /// `value` as libmilter gives it: folds as LF, the leading blank by agreement.
  void header(std::string_view name, std::string_view value);
  void body(std::string_view chunk);
  /// What the MTA is told about a chunk: go on, skip the rest of the body, or nothing by agreement.
  sfsistat answer_to_body() const noexcept;
  /// The message is over, however it ended.
  void forget_message();

  /// A fault happened: whatever comes, this message is answered 451; outside of a message, every one on this
  /// connection.
  void fail() noexcept { (transaction_ ? message_failed_ : connection_failed_) = true; }
  bool has_failed() const noexcept { return message_failed_ || connection_failed_; }

  const Agreement& agreement() const { return agreement_; }
  const std::string& address() const { return address_; }
  /// Throws std::logic_error when no message is in work.
  Transaction& transaction();

 private:
  Agreement agreement_;
  std::string address_;
  std::optional<Transaction> transaction_;
  bool wants_body_ = true;
  bool message_failed_ = false;
  bool connection_failed_ = false;
};

}  // namespace pams::milter::session
