#include "milter/session/apply.hpp"

#include <algorithm>

#include "milter/seal/carrier.hpp"
#include "rules/base/overloaded.hpp"

namespace pams::milter::session {
namespace {

Status edit(const MtaChanges& changes, const rules::Effect& effect) {
  return std::visit(
      overloaded{
          [&](const rules::ReturnHeadersOnly&) { return changes.return_headers_only(); },
          [&](const rules::ChangeHeader& change) {
            return changes.change_header(change.name, change.index, change.value ? &*change.value : nullptr);
          },
          [&](const rules::AddHeader& added) { return changes.add_header(added.name, added.value); },
          [&](const rules::InsertHeader& added) { return changes.insert_header(added.name, added.value); },
          [&](const rules::ReplaceBody& replaced) { return changes.replace_body(replaced.body.view()); },
          [&](const rules::AddRecipient& added) { return changes.add_recipient(added.address); },
      },
      effect);
}

Status make_edits(const MtaChanges& changes, const rules::Plan& plan) {
  Status status;
  for (const auto& effect : plan.effects)
    if (status) status = edit(changes, effect);
  return status;
}

/// Of a sealed message the MTA learns the envelope alone: what else the plan edits stands inside.
Status edit_envelope(const MtaChanges& changes, const rules::Plan& plan) {
  Status status;
  for (const auto& effect : plan.effects) {
    const bool is_envelope = std::holds_alternative<rules::ReturnHeadersOnly>(effect) ||
                             std::holds_alternative<rules::AddRecipient>(effect);
    if (status && is_envelope) status = edit(changes, effect);
  }
  return status;
}

seal::Contents contents_of(const Application::Task& task, const rules::Plan& plan,
                           const rules::OutboundConnector& connector) {
  const auto& envelope = task.message.envelope();
  seal::Contents contents;
  contents.connector = connector.name;
  contents.sender = envelope.sender;
  contents.envelope_id = task.message.envelope_id();
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i)
    contents.recipients.push_back({envelope.recipients[i], task.message.recipient_parameters().at(i)});
  for (const auto& effect : plan.effects)
    if (const auto* added = std::get_if<rules::AddRecipient>(&effect))
      contents.recipients.push_back({added->address, ""});
  contents.queue_id = task.queue_id;
  seal::measure(plan.outgoing, contents);
  contents.sealed_at = task.time;
  return contents;
}

/// Its route first: should anything after it be lost, the carrier still has it.
Status put_header(const MtaChanges& changes, const Headers& received,
                  const std::vector<HeaderField>& carrier) {
  Status status;
  for (const auto& field : carrier)
    if (status && field.name == seal::kSealedHeader) status = changes.add_header(field.name, field.value);
  if (status) status = changes.delete_all(received);
  for (const auto& field : carrier)
    if (status && field.name != seal::kSealedHeader) status = changes.add_header(field.name, field.value);
  return status;
}

/// Small pieces of the carrier collected into the largest that the protocol takes.
Status put_body(const MtaChanges& changes, seal::CarrierWriter& carrier) {
  std::string piece;
  piece.reserve(2 * kBodyPiece);
  const auto written = carrier.write_body([&](std::string_view bytes) -> Status {
    piece += bytes;
    if (piece.size() < kBodyPiece) return {};
    const auto whole = piece.size() - piece.size() % kBodyPiece;
    const auto sent = changes.replace_body(std::string_view(piece).substr(0, whole));
    piece.erase(0, whole);
    return sent;
  });
  return written && !piece.empty() ? changes.replace_body(piece) : written;
}

Result<seal::SealId> put_carrier(const MtaChanges& changes, const Application::Task& task,
                                 const rules::Plan& plan, const Routing::Ready& route) {
  const auto& connector = *route.connector();
  const auto contents = contents_of(task, plan, connector);
  const bool keeps_subject = task.message.config().policy.pams.carrier_subject == rules::CarrierSubject::Keep;
  seal::CarrierWriter carrier(
      route.keys()->current(), contents, plan.outgoing,
      {connector.transport, connector.smart_hosts.front().name, keeps_subject, task.time});
  return changes.move_recipients()
      .and_then([&] { return put_header(changes, task.received.headers, carrier.header()); })
      .and_then([&] { return edit_envelope(changes, plan); })
      .and_then([&] { return put_body(changes, carrier); })
      .map([&] { return carrier.seal_id(); });
}

}  // namespace

Result<Application::Applied> Application::carry_out(const Task& task, const rules::Plan& plan,
                                                    const Routing::Ready& route) {
  const MtaChanges changes(task.context, task.leading_space, task.message, route.suffix());
  auto done = route.connector() == nullptr ? make_edits(changes, plan).map([] { return seal::SealId(); })
                                           : put_carrier(changes, task, plan, route);
  if (done && plan.verdict == rules::Verdict::Quarantine)
    if (const auto held = changes.quarantine(plan.reason); !held) return tl::unexpected(held.error());
  return done.map([](const seal::SealId& id) { return Applied(id); });
}

Result<Application::Applied> Application::keep_carrier(const Task& task, const std::string& seal,
                                                       const Routing::Ready& route) {
  const MtaChanges changes(task.context, task.leading_space, task.message, route.suffix());
  const auto* field = task.received.headers.find(seal::kSealedHeader);
  // milter_header_checks looks at what a milter writes, also when it is the same.
  return changes.change_header(field->name, 1, &field->value)
      .and_then([&] { return changes.move_recipients(); })
      .map([&] { return Applied(seal); });
}

}  // namespace pams::milter::session
