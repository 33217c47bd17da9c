/// Hands a message's story over to the trace when this goes out of scope, which is before libmilter gives the
/// MTA the answer: so the MTA's log never tells of a message that the trace does not know. A message whose
/// end threw is told as deferred. Belongs to one session.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>

#include "milter/session/transaction.hpp"

namespace pams::milter::session {

class MessageTracing {
 public:
  /// All that is passed by reference here and below outlives this.
  MessageTracing(const Transaction& message, const std::string& queue_id,
                 std::chrono::system_clock::time_point received)
      : message_(message), queue_id_(queue_id), received_(received) {}
  MessageTracing(const MessageTracing&) = delete;
  MessageTracing& operator=(const MessageTracing&) = delete;
  ~MessageTracing();

  void received(const Headers& headers, const Client& client, std::uint64_t size);
  void decided(const rules::Plan& plan) { plan_ = &plan; }
  void released(std::string archive_record) { archive_record_ = std::move(archive_record); }
  /// The MTA gets a carrier with the seal of this id, made with this key.
  void sealed(std::string id, std::string key = "") {
    seal_ = std::move(id);
    seal_key_ = std::move(key);
  }
  void refused(const rules::Reply& reply, std::string reason);

 private:
  void record() const;

  const Transaction& message_;
  const std::string& queue_id_;
  const std::chrono::system_clock::time_point received_;
  const int exceptions_ = std::uncaught_exceptions();
  const Headers* headers_ = nullptr;
  const Client* client_ = nullptr;
  std::uint64_t size_ = 0;
  const rules::Plan* plan_ = nullptr;
  std::string archive_record_, seal_, seal_key_;
  std::optional<rules::Reply> refused_;
  std::string reason_;
};

}  // namespace pams::milter::session
