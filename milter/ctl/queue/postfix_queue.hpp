/// Postfix's queue through Postfix's own tools: what lies in it, and the way out of it: unsealed flagged mail
/// goes back through the milter, sealed mail to the relay. Needs root. One at a time.
#pragma once

#include "milter/ctl/queue/mail_queue.hpp"
#include "milter/mta/postfix/postfix.hpp"

namespace pams::milter::ctl {

using mta::FlaggedQueue;
using mta::QueuedMessage;

class PostfixQueue : public MailQueue {
 public:
  /// `flag`: the name of the header that flags mail.
  PostfixQueue(const mta::Postfix& postfix, std::string flag) : postfix_(postfix), flag_(std::move(flag)) {}

  /// Everything but the maildrop, which the milter has yet to see. Other mail is left out.
  Result<FlaggedQueue> list() const override;

  /// Puts those of `messages` on hold that wait for their next try, and returns how many of them are on hold
  /// then. What is being delivered is left alone: Postfix would not notice, and what has left would stay too.
  Result<std::size_t> hold(const std::vector<QueuedMessage>& messages) const;

  /// Puts one unsealed message on hold, submits it again as local mail, and deletes it only when Postfix has
  /// accepted that. Killed or failing in between, the message stays on hold and is never lost; it may then
  /// come twice. `id` is one that list() gave.
  Status release(const std::string& id) const override;

  Status send_now(const QueuedMessage& message) const override;

 private:
  Result<std::string> ask(const std::string& program, const std::vector<std::string>& arguments,
                          std::string_view input = {}) const;
  Result<std::vector<QueuedMessage>> all() const;
  Result<std::optional<std::string>> header_of(const std::string& id) const;
  Status submit_again(const std::string& id) const;

  const mta::Postfix& postfix_;
  std::string flag_;
};

}  // namespace pams::milter::ctl
