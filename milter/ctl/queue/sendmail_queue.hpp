/// Sendmail's queue: what lies in it sealed, and its way to the relay. Needs root.
#pragma once

#include "milter/ctl/queue/mail_queue.hpp"
#include "milter/mta/sendmail/sendmail.hpp"

namespace pams::milter::ctl {

class SendmailQueue : public MailQueue {
 public:
  /// `flag`: the name of the header that flags mail.
  SendmailQueue(mta::Sendmail sendmail, std::string flag)
      : sendmail_(std::move(sendmail)), flag_(std::move(flag)) {}

  Result<mta::FlaggedQueue> list() const override;
  /// Sendmail cannot do that: the milter's F=T lets nothing of that kind into the queue.
  Status release(const std::string& id) const override;
  Status send_now(const mta::QueuedMessage& message) const override;

 private:
  const mta::Sendmail sendmail_;
  const std::string flag_;
};

}  // namespace pams::milter::ctl
