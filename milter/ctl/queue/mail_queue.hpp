/// An MTA's queue, as `pamsctl queue` uses it. One at a time.
#pragma once

#include <string>

#include "milter/mta/flagged_queue.hpp"

namespace pams::milter::ctl {

class MailQueue {
 public:
  MailQueue() = default;
  MailQueue(const MailQueue&) = delete;
  MailQueue& operator=(const MailQueue&) = delete;
  virtual ~MailQueue() = default;

  /// What is this product's; other mail is left out.
  virtual Result<mta::FlaggedQueue> list() const = 0;
  /// Brings one unsealed message back through the milter. `id` is one that list() gave.
  virtual Status release(const std::string& id) const = 0;
  /// Lets a sealed message go to the relay now: from hold, or before its next try is due.
  virtual Status send_now(const mta::QueuedMessage& message) const = 0;
};

}  // namespace pams::milter::ctl
