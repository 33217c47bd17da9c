#include "milter/journal/report_route.hpp"

#include <algorithm>

#include "milter/seal/carrier.hpp"

namespace pams::milter::journal {
namespace {

using Kind = rules::ReportDestination::Kind;

/// X-PAMS-Sealed stands first, so that the beginning tells what the bytes are.
std::string header_text(std::vector<HeaderField> fields) {
  std::stable_partition(fields.begin(), fields.end(),
                        [](const auto& field) { return field.name == seal::kSealedHeader; });
  return Headers(std::move(fields)).wire() + "\r\n";
}

/// Every byte of the body as it is.
Message split(std::string bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return {Headers(), SharedBytes(std::move(bytes))};
  auto headers = parse_message(std::string_view(bytes).substr(0, end + 4)).headers;
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  const auto body = std::string_view(*owner).substr(end + 4);
  return {std::move(headers), SharedBytes(std::move(owner), body)};
}

std::string destination_of(const rules::ReportDestination& to) {
  return to.kind == Kind::Connector ? "connector " + to.connector : "the journal's mailbox server";
}

}  // namespace

/// Its transport takes the carrier to the relay; a report that LMTP delivers goes by the flagged mail's.
const rules::OutboundConnector* ReportRoute::connector() const {
  const auto& policy = config_->policy;
  const auto& to = policy.journal.deliver_to;
  return policy.connector(to.kind == Kind::Connector ? to.connector : policy.pams.connector);
}

Status ReportRoute::ready() const {
  if (config_->policy.journal.deliver_to.kind == Kind::None)
    return fail(Failure::Misconfigured,
                "[journal] deliver_to does not say where the reports of flagged mail are brought");
  const auto* way = connector();
  if (way == nullptr)
    return fail(Failure::Misconfigured, "there is no outbound connector for the reports of flagged mail");
  if (config_->settings.verify_route)
    if (const auto verified = guard_->verified(*way); !verified) return verified;
  return keys_->read().map([](const auto&) {});
}

Result<std::string> ReportRoute::sealed(Report report) const {
  if (const auto fine = ready(); !fine) return tl::unexpected(fine.error());
  const auto keys = keys_->read();
  if (!keys) return tl::unexpected(keys.error());
  const auto& journal = config_->policy.journal;
  const auto message = split(std::move(report.bytes));
  seal::Contents contents;
  contents.kind = seal::Contents::Kind::JournalReport;
  contents.connector = journal.deliver_to.connector;
  contents.recipients.push_back({report.mailbox, ""});
  if (!journal.journaling_report_ndr_to.empty())
    contents.recipients.push_back({journal.journaling_report_ndr_to, ""});
  contents.queue_id = report.queue_id;
  seal::measure(message, contents);
  contents.sealed_at = report.time;
  const bool keeps_subject = config_->policy.pams.carrier_subject == rules::CarrierSubject::Keep;
  seal::CarrierWriter carrier(
      (*keys)->current(), contents, message,
      {connector()->transport, destination_of(journal.deliver_to), keeps_subject, report.time});
  auto bytes = header_text(carrier.header());
  const auto written = carrier.write_body([&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  if (!written) return tl::unexpected(written.error());
  return bytes;
}

bool ReportRoute::is_sealed(std::string_view bytes) {
  return bytes.starts_with(std::string(seal::kSealedHeader) + ":");
}

}  // namespace pams::milter::journal
