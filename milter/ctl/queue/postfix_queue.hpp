/// Postfix's queue through Postfix's own tools: what lies in it, and taking unsealed flagged mail out of it
/// and back through the milter. Needs root. One at a time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "milter/mta/postfix/postfix.hpp"

namespace pams::milter::ctl {

struct QueuedMessage {
  std::string id;
  std::string queue;  ///< "deferred", "hold", "active", "incoming"
  std::chrono::sys_time<std::chrono::milliseconds> since;
  std::string sender;
  std::vector<std::string> recipients;
  std::string reason;  ///< of the first recipient that has one
};

struct FlaggedQueue {
  std::vector<QueuedMessage> unsealed;  ///< flagged, and the milter never took charge of it
  std::vector<QueuedMessage> sealed;    ///< carriers, which go by themselves
};

class PostfixQueue {
 public:
  /// `flag`: the name of the header that flags mail.
  PostfixQueue(const mta::Postfix& postfix, std::string flag) : postfix_(postfix), flag_(std::move(flag)) {}

  /// Everything but the maildrop, which the milter has yet to see. Other mail is left out.
  Result<FlaggedQueue> list() const;

  /// Puts those of `messages` on hold that wait for their next try, and returns how many of them are on hold
  /// then. What is being delivered is left alone: Postfix would not notice, and what has left would stay too.
  Result<std::size_t> hold(const std::vector<QueuedMessage>& messages) const;

  /// Puts one unsealed message on hold, submits it again as local mail, and deletes it only when Postfix has
  /// accepted that. Killed or failing in between, the message stays on hold and is never lost; it may then
  /// come twice. `id` is one that list() gave.
  Status release(const std::string& id) const;

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
