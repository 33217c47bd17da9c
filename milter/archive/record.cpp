#include "milter/archive/record.hpp"

#include <algorithm>
#include <iterator>

#include "milter/archive/object_store.hpp"
#include "milter/base/sha256.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::archive {
namespace {

std::vector<std::string> canonical(const std::vector<std::string>& addresses) {
  std::vector<std::string> all;
  for (const auto& address : addresses) all.push_back(canonical_address(address));
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// With its length in front: no choice of pieces reads like another one.
std::string counted(std::string_view piece) {
  return std::to_string(piece.size()) + ":" + std::string(piece) + ",";
}
std::string counted(std::int64_t number) { return counted(std::to_string(number)); }
std::string counted(std::chrono::sys_seconds time) { return counted(time.time_since_epoch().count()); }

/// `<20261127061500.4F2A1C0@gw>` (Postfix) and `<202611270615.4ARQ12@gw>` (Sendmail): a time, and the queue
/// id. Nobody outside knows the queue id beforehand, so no sender's own Message-ID is taken for one.
bool is_made_by_mta(std::string_view message_id, std::string_view queue_id) {
  if (queue_id.empty()) return false;
  const auto bare = text::trim(message_id, "<> \t");
  const auto local = bare.substr(0, bare.find('@'));
  const auto dot = local.find('.');
  return dot != std::string_view::npos && local.substr(dot + 1) == queue_id && (dot == 12 || dot == 14) &&
         std::ranges::all_of(local.substr(0, dot), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_of_this_try(const HeaderField& field, std::string_view queue_id) {
  return text::iequals(field.name, "Received") ||
         (text::iequals(field.name, "Message-ID") && is_made_by_mta(field.unfolded(), queue_id));
}

}  // namespace

RecordBytes bytes_of(const Message& message) {
  return {message.headers.wire() + "\r\n", message.body.view()};
}

std::string content_digest(const RecordBytes& bytes) {
  return Sha256().add(bytes.header).add(bytes.body).hex();
}

std::string identity_digest(const Message& message, std::string_view queue_id) {
  std::vector<HeaderField> lasting;
  for (const auto& field : message.headers.fields())
    if (!is_of_this_try(field, queue_id)) lasting.push_back(field);
  return content_digest({Headers(std::move(lasting)).wire() + "\r\n", message.body.view()});
}

std::string record_id(const std::string& identity_digest, const Envelope& envelope, std::string_view secret) {
  Sha256 all;
  all.add(counted(identity_digest)).add(counted(canonical_address(envelope.sender)));
  for (const auto& recipient : canonical(envelope.recipients)) all.add(counted(recipient));
  const auto id = all.hex();
  return secret.empty() ? id : Sha256().add(counted(secret)).add(id).hex();
}

bool RecordRow::is_encrypted() const { return ObjectStore::is_encrypted(sent); }

std::string digest_of(const RecordRow& row) {
  Sha256 all;
  all.add(counted("record")).add(counted(row.id)).add(counted(row.time)).add(counted(row.message_id));
  all.add(counted(row.queue_id)).add(counted(row.sender)).add(counted(to_lines(row.recipients)));
  all.add(counted(row.subject)).add(counted(row.size)).add(counted(to_lines(row.rules)));
  all.add(counted(to_lines(row.actions))).add(counted(row.connector));
  return all.add(counted(row.sent)).add(counted(row.received)).hex();
}

std::string digest_of(const AuditRow& row) {
  return Sha256()
      .add(counted("audit"))
      .add(counted(row.time))
      .add(counted(row.kind))
      .add(counted(row.details))
      .hex();
}

std::string digest_of(const OutcomeRow& row) {
  Sha256 all;
  all.add(counted("outcome")).add(counted(row.record)).add(counted(row.time)).add(counted(row.queue_id));
  return all.add(counted(row.message_id)).add(counted(row.outcome)).add(counted(row.reason)).hex();
}

std::string chain_hash(std::string_view previous, std::int64_t number, std::string_view digest) {
  return Sha256().add(counted(previous)).add(counted(number)).add(counted(digest)).hex();
}

std::string to_lines(const std::vector<std::string>& items) {
  std::string lines;
  for (const auto& item : items) {
    if (!lines.empty()) lines += '\n';
    std::ranges::transform(item, std::back_inserter(lines), [](char c) { return c == '\n' ? ' ' : c; });
  }
  return lines;
}

std::vector<std::string> from_lines(std::string_view lines) {
  std::vector<std::string> items;
  if (lines.empty()) return items;
  for (const auto line : text::split(lines, '\n')) items.emplace_back(line);
  return items;
}

}  // namespace pams::milter::archive
