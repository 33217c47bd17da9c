#include "milter/session/message_tracing.hpp"

#include "milter/session/reply.hpp"

namespace pams::milter::session {
namespace {

const rules::OutboundConnector* connector_of(const rules::Policy& policy, const rules::Plan* plan) {
  return plan != nullptr && plan->route ? policy.connector(*plan->route) : nullptr;
}

}  // namespace

MessageTracing::~MessageTracing() {
  if (message_.services().trace == nullptr) return;
  try {
    if (std::uncaught_exceptions() > exceptions_)
      refused(reply_to(Failure::Temporary), "a fault, see the log");
    record();
  } catch (...) {  // NOLINT(bugprone-empty-catch): no trace is no reason to lose the answer
  }
}

void MessageTracing::received(const Headers& headers, const Client& client, std::uint64_t size) {
  headers_ = &headers;
  client_ = &client;
  size_ = size;
}

void MessageTracing::refused(const rules::Reply& reply, std::string reason) {
  refused_ = reply;
  reason_ = std::move(reason);
}

void MessageTracing::record() const {
  static const Headers no_headers;
  static const Client no_client;
  const auto& headers = headers_ == nullptr ? no_headers : *headers_;
  message_.services().trace->record(trace::make_trace({
      .received = std::chrono::floor<std::chrono::milliseconds>(received_),
      .queue_id = queue_id_,
      .envelope = message_.envelope(),
      .client = client_ == nullptr ? no_client : *client_,
      // What is refused has no outgoing form.
      .headers = plan_ == nullptr || refused_ ? headers : plan_->outgoing.headers,
      .size = size_,
      .plan = plan_,
      .connector = connector_of(message_.config().policy, plan_),
      .archive_record = archive_record_,
      .seal = seal_,
      .seal_key = seal_key_,
      .refused = refused_,
      .reason = reason_,
  }));
}

}  // namespace pams::milter::session
