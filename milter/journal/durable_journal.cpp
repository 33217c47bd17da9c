#include "milter/journal/durable_journal.hpp"

#include <algorithm>
#include <deque>
#include <functional>

#include "milter/base/sha256.hpp"
#include "rules/journal/journal_report.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::journal {
namespace {

/// Each part with its length, so that no two lists of parts are the same bytes.
void add_part(Sha256& digest, std::string_view part) {
  digest.add(std::to_string(part.size())).add(":").add(part);
}

std::string message_id(const JournalEntry& entry) {
  Sha256 digest;
  add_part(digest, entry.sent.headers.wire());
  add_part(digest, entry.sent.body.view());
  add_part(digest, entry.envelope.sender);
  for (const auto& recipient : entry.envelope.recipients) add_part(digest, recipient);
  return digest.hex();
}

std::string report_id(const std::string& message, const std::string& mailbox) {
  Sha256 digest;
  add_part(digest, message);
  add_part(digest, address_key(mailbox));
  return digest.hex();
}

std::string joined(const std::vector<std::string_view>& pieces) {
  std::string all;
  for (const auto piece : pieces) all += piece;
  return all;
}

/// The organization's first domain that is one.
std::string domain_of(const Organization& organization) {
  for (const auto& domain : organization.accepted_domains)
    if (!domain.starts_with("*.")) return domain;
  return "localhost";
}

}  // namespace

DurableJournal::DurableJournal(std::shared_ptr<const Config> config, ReportRoute route,
                               std::shared_ptr<Disk> disk, JournalDelivery::Submit submit_report)
    : spool_(config->policy.journal.path, std::move(disk)),
      delivery_(std::move(config), spool_, std::move(route), std::move(submit_report)) {}

Status DurableJournal::start() {
  auto recovered = spool_.recover();
  delivery_.start();
  return recovered;
}

Status DurableJournal::prepare(const JournalEntry& entry) {
  if (!entry.is_confidential || entry.mailboxes.empty()) return {};
  return delivery_.use()->route.ready();
}

Result<JournalStore::Spooled> DurableJournal::spool(const JournalEntry& entry) {
  const auto id = message_id(entry);
  const auto now = delivery_.use();
  const MutexLock lock(in_work_[std::hash<std::string>{}(id) % in_work_.size()]);
  std::deque<rules::JournalReport> written;                     // their pieces are views
  std::deque<std::pair<std::string, std::string_view>> sealed;  // the bytes, and a view of them
  std::vector<JournalSpool::Report> reports;
  for (const auto& mailbox : entry.mailboxes) {
    const auto one = report_id(id, mailbox);
    const auto is_there = spool_.has(one);
    if (!is_there) return tl::unexpected(is_there.error());
    if (*is_there) continue;
    const auto& report =
        written.emplace_back(entry.sent, entry.envelope,
                             rules::ReportDetails{mailbox, domain_of(now->config->policy.organization), one,
                                                  entry.time, entry.is_addressing_trusted});
    if (!entry.is_confidential) {
      reports.push_back({one, {mailbox, entry.queue_id, false, report.has_8bit()}, report.pieces()});
      continue;
    }
    auto carrier = now->route.sealed({mailbox, entry.queue_id, joined(report.pieces()), entry.time});
    if (!carrier) return tl::unexpected(carrier.error());
    auto& kept = sealed.emplace_back(std::move(*carrier), std::string_view());
    kept.second = kept.first;
    reports.push_back({one, {mailbox, entry.queue_id, true, false}, {&kept.second, 1}});
  }
  // Also without a new report: who made those that are there may not have come to syncing the directory.
  if (const auto added = spool_.add(reports); !added) return tl::unexpected(added.error());
  delivery_.wake();
  return receipt(id);
}

}  // namespace pams::milter::journal
