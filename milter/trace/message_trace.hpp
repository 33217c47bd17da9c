/// What the trace keeps of one message, as a value, and the seam through which a session hands it over. The
/// MTA's part of the story (sent, deferred, bounced) is joined later from its log. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/message/envelope.hpp"
#include "rules/policy/plan.hpp"

namespace pams::milter::trace {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

/// Exchange's statuses, and two for what was never accepted: Deferred (answered 4xx, the client comes again)
/// and Rejected (5xx). Failed is what was accepted and came to nothing: bounced, deleted, dropped by a rule.
enum class DeliveryStatus { Delivered, Failed, Pending, Quarantined, Expanded, Deferred, Rejected };
std::string_view to_string(DeliveryStatus status);
std::optional<DeliveryStatus> status_of(std::string_view name);  ///< any letter case
std::string status_names();                                      ///< "Delivered, Failed, ..."

/// The class of mail that no milter saw, and that no guard rule of ours keeps.
inline constexpr std::string_view kUnseenClass = "unseen";

/// The events of a message: first what pams-milter did, then what the MTA's log tells.
enum class EventKind {
  Receive,
  Class,
  Rule,
  Action,
  Note,
  Archive,
  Route,
  Change,
  Reply,
  Send,     ///< handed to another mail server
  Deliver,  ///< into a mailbox, a program or a mail store
  Defer,
  Fail,
  Expand,
  Requeue,
  Hold,
  Release,
  Notice,  ///< the MTA wrote to the sender about it
  Seal,    ///< what the MTA gets of it is a carrier
  Refuse,  ///< by another milter or the MTA, after we had accepted it
  Drop,    ///< the relay gave a recipient nothing: the seal does not name it
};
std::string_view to_string(EventKind kind);  ///< "RECEIVE", "SEND", ...

struct TraceEvent {
  EventKind kind;
  std::string text;
};

/// The way that a flagged message has to take; everything else that touches it is a leak.
struct Route {
  std::string connector;
  std::string transport;                 ///< Postfix service, as in its log: "pams" of "postfix/pams/smtp"
  std::vector<std::string> smart_hosts;  ///< "smtp.zivver.com:25"
};

struct MessageTrace {
  Instant received;
  std::string queue_id, message_id, sender;
  std::vector<std::string> recipients;  ///< with those that rules added
  std::string subject;                  ///< decoded, at most 256 characters; "" where subjects are not kept
  DeliveryStatus status = DeliveryStatus::Pending;
  std::string message_class;
  std::optional<Route> route;
  std::string reply;  ///< what the client was told, when the message was not accepted
  std::uint64_t size = 0;
  std::string client;
  std::string seal;            ///< id of the seal in which it waits and travels; "" = it leaves as it is
  std::string archive_record;  ///< "" = not archived
  std::vector<TraceEvent> events;
};

/// What a session knows about a message when it has its answer.
struct Handled {
  Instant received;
  std::string_view queue_id;
  const Envelope& envelope;
  const Client& client;
  const Headers& headers;  ///< for message-id and subject
  std::uint64_t size = 0;
  const rules::Plan* plan = nullptr;                    ///< null: refused before there was one
  const rules::OutboundConnector* connector = nullptr;  ///< the one that plan->route names
  std::string_view archive_record;                      ///< "" = not archived
  std::string_view seal = {};                           ///< "" = not sealed
  std::string_view seal_key = {};                       ///< the id of the key that sealed it
  std::optional<rules::Reply> refused;                  ///< the answer, whenever the message was not accepted
  std::string_view reason;                              ///< why it was refused, for the operator
  bool keep_subject = true;
};

MessageTrace make_trace(const Handled& handled);

/// Where sessions leave their messages. Never blocks for a disk, never throws: what cannot be kept is
/// counted.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void record(MessageTrace message) noexcept = 0;
  /// Writes what is left, within `maximum`. Once, when no session is left.
  virtual void stop(std::chrono::milliseconds maximum) = 0;
};

}  // namespace pams::milter::trace
