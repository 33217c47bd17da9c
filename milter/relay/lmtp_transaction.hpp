/// One message to one server: MAIL, RCPT, DATA, the content, the final dot. Without finish() the server never
/// sees that dot, and must not take what it has. Used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "milter/relay/answer.hpp"
#include "milter/relay/dots.hpp"
#include "milter/relay/next_hop.hpp"
#include "milter/seal/sealed.hpp"

namespace pams::milter::relay {

struct OutgoingEnvelope {
  std::string sender;
  std::string envelope_id;  ///< "ENVID=..." or ""
  std::vector<seal::Contents::Recipient> recipients;
  std::uint64_t size = 0;
  bool has_8bit = false;
  bool asks_utf8 = false;   ///< the client gave SMTPUTF8: passed on to who offers it
  bool needs_utf8 = false;  ///< addresses or header cannot go without it
};

class LmtpTransaction {
 public:
  explicit LmtpTransaction(std::unique_ptr<NextHop> hop) : hop_(std::move(hop)) {}

  struct TransactionError {
    std::string what;              ///< with the host in front
    std::optional<Answer> answer;  ///< the server's own word, when it gave one
    bool is_broken = false;        ///< the connection itself failed
  };
  /// Up to the server's readiness for content. An error is a reason to try another connection or server:
  /// nothing was sent that it could take. Then answers() tells of those that were answered already; when it
  /// is everybody, is_ready() is false and there is nothing to send.
  tl::expected<void, TransactionError> begin(const OutgoingEnvelope& envelope, smart_host::Deadline deadline);
  bool is_ready() const { return ready_; }

  Status content(std::string_view bytes);
  /// The final dot, and what the server says of each recipient that waits for it. An error: its answer is
  /// lost, and it may have taken the message.
  Status finish();

  /// One for each recipient of the envelope; nullopt: not answered yet.
  const std::vector<std::optional<Answer>>& answers() const { return answers_; }
  const NextHop& hop() const { return *hop_; }
  /// Null when it can serve no further message.
  std::unique_ptr<NextHop> take_hop();

 private:
  bool answers_for_lack(const OutgoingEnvelope& envelope);
  std::string mail_line(const OutgoingEnvelope& envelope) const;
  std::string rcpt_line(const seal::Contents::Recipient& recipient) const;
  tl::expected<void, TransactionError> recipients(const OutgoingEnvelope& envelope,
                                                  smart_host::Deadline deadline);
  tl::expected<void, TransactionError> data(smart_host::Deadline deadline);
  tl::unexpected<TransactionError> broken(const Error& error) const;
  tl::unexpected<TransactionError> refused(const smart_host::SmtpReply& reply) const;
  bool is_answered() const;
  void answer_the_rest(const Answer& answer);
  void reset(smart_host::Deadline deadline);

  std::unique_ptr<NextHop> hop_;
  std::vector<std::optional<Answer>> answers_;
  DotWriter dots_;
  bool ready_ = false;
  bool is_clean_ = false;  ///< the connection stands before a MAIL
};

}  // namespace pams::milter::relay
