/// The one line that tells a message's fate, written when this goes out of scope without an exception, and
/// the events that belong to it. Never subjects or bodies. Belongs to one session.
#pragma once

#include <chrono>
#include <exception>
#include <string>

#include "rules/message/envelope.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter::session {

class MessageLog {
 public:
  MessageLog(std::string queue_id, const Envelope& envelope);
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;
  ~MessageLog();

  const std::string& queue_id() const { return queue_id_; }
  /// `whole`: the body was looked at; otherwise `bytes` is what the client announced.
  void received(std::size_t bytes, bool whole) {
    bytes_received_ = bytes;
    whole_ = whole;
  }
  /// Also writes the events for rules that could not be evaluated and for a flag of an untrusted peer.
  void decided(const rules::Plan& plan);
  void released(std::string archive_id);
  void refused(const rules::Reply& reply, std::string reason);

 private:
  void write() const;

  const std::string queue_id_;
  const std::size_t recipients_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  const int exceptions_ = std::uncaught_exceptions();
  std::size_t bytes_received_ = 0;
  std::size_t bytes_sent_ = 0;
  bool whole_ = false;
  std::string class_ = "unknown";
  std::string verdict_ = "defer";
  std::string route_;
  std::string rules_;
  std::string archive_id_;
  std::string reply_;
  std::string reason_;
  std::string notes_;
};

}  // namespace pams::milter::session
