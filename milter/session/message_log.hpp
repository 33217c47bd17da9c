/// The one line that tells a message's fate, written when this goes out of scope without an exception, and
/// the events that belong to it. Never subjects or bodies. Belongs to one session.
#pragma once

#include <chrono>
#include <exception>
#include <string>

#include "rules/message/envelope.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter {

class MessageLog {
 public:
  MessageLog(std::string queue_id, const Envelope& envelope);
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;
  ~MessageLog();

  const std::string& queue_id() const { return queue_id_; }
  void received(std::size_t bytes) { bytes_received_ = bytes; }
  /// Also writes the events for rules that could not be evaluated and for an untrusted flag.
  void decided(const rules::Plan& plan);
  void released(std::string archive_id);
  void refused(const rules::Reply& reply, std::string reason);

 private:
  void write() const;

  const std::string queue_id_;
  const std::size_t recipients_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  const int exceptions_ = std::uncaught_exceptions();
  std::size_t bytes_received_ = 0, bytes_sent_ = 0;
  std::string class_ = "unknown", verdict_ = "defer", route_, rules_, archive_id_, reply_, reason_, notes_;
};

}  // namespace pams::milter
