#include "milter/trace/relay_facts.hpp"

#include <filesystem>

#include "milter/base/schema_version.hpp"
#include "milter/trace/text_limits.hpp"
#include "milter/trace/trace_store.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::trace {
namespace {

RelayDelivery::Result result_of(std::string_view name) {
  if (name == to_string(RelayDelivery::Result::Sent)) return RelayDelivery::Result::Sent;
  return name == to_string(RelayDelivery::Result::Dropped) ? RelayDelivery::Result::Dropped
                                                           : RelayDelivery::Result::Failed;
}

RelayDelivery read_delivery(const sqlite::Row& row) {
  RelayDelivery found;
  found.seal = row.text(0);
  found.recipient = row.text(1);
  found.time = Instant(std::chrono::milliseconds(row.number(2)));
  found.result = result_of(row.text(3));
  found.connector = row.text(4);
  found.host = row.text(5);
  found.address = row.text(6);
  found.protocol = row.text(7);
  found.cipher = row.text(8);
  found.certificate = row.text(9);
  found.verified = row.number(10) != 0;
  found.reply = row.text(11);
  found.certificate_names = row.text(12);
  return found;
}

/// As the trace keeps it.
std::string key_of(std::string_view address) { return address_key(utf8_cut(address, kMaxAddress)); }

}  // namespace

Result<RelayFacts> RelayFacts::open(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return RelayFacts(std::nullopt);
  auto database = sqlite::Database::open(path, sqlite::Access::ReadOnly, sqlite::Durability::Normal);
  if (!database) return tl::unexpected(database.error());
  const auto version = sqlite::readable_version(*database, path, kDeliveryLogVersion);
  if (!version) return tl::unexpected(version.error());
  const auto is_made = database->number("SELECT 1 FROM sqlite_master WHERE name = 'delivery'");
  if (!is_made) return tl::unexpected(is_made.error());
  if (!*is_made) return RelayFacts(std::nullopt);  // the relay is just making it
  const auto has_names =
      database->number("SELECT 1 FROM pragma_table_info('delivery') WHERE name = 'certificate_names'");
  if (!has_names) return tl::unexpected(has_names.error());
  RelayFacts facts(std::move(*database));
  facts.names_ = *has_names ? "certificate_names" : "''";
  return facts;
}

Result<std::vector<RelayDelivery>> RelayFacts::of(std::string_view seal) {
  std::vector<RelayDelivery> deliveries;
  if (!database_) return deliveries;
  const auto done = database_->query(
      "SELECT seal, recipient, time, result, connector, host, address, protocol, cipher, certificate, verified, reply, " +
          names_ + " FROM delivery WHERE seal = ? ORDER BY number",
      [&](const sqlite::Row& row) {
        deliveries.push_back(read_delivery(row));
        return true;
      },
      seal);
  if (!done) return tl::unexpected(done.error());
  return deliveries;
}

const RelayDelivery* fate_of(std::string_view recipient, const std::vector<RelayDelivery>& deliveries) {
  const auto key = key_of(recipient);
  const RelayDelivery* fate = nullptr;
  for (const auto& one : deliveries) {
    if (fate != nullptr && fate->result == RelayDelivery::Result::Sent) break;
    if (key_of(one.recipient) == key) fate = &one;
  }
  return fate;
}

std::string shown_tls(const RelayDelivery& delivery) {
  if (delivery.protocol.empty()) return "";
  return (delivery.verified ? "Verified " : "Unverified ") + delivery.protocol;
}

std::string shown_relay(const RelayDelivery& delivery) {
  if (delivery.host.empty()) return "none";
  const auto colon = delivery.host.rfind(':');
  const auto name_ends = colon == std::string::npos ? delivery.host.size() : colon;
  return delivery.host.substr(0, name_ends) + "[" + delivery.address + "]" + delivery.host.substr(name_ends);
}

}  // namespace pams::milter::trace
