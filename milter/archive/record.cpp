#include "milter/archive/record.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

#include "milter/base/sha256.hpp"
#include "rules/base/text.hpp"

namespace pams::milter {
namespace {

/// Domains compare without letter case, local parts do not (RFC 5321 2.4).
std::string canonical(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  return std::string(address.substr(0, at)) + text::to_lower(address.substr(at));
}

std::vector<std::string> canonical(const std::vector<std::string>& addresses) {
  std::vector<std::string> all;
  for (const auto& address : addresses) all.push_back(canonical(address));
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// With its length in front: no choice of addresses reads like another one.
std::string counted(std::string_view piece) {
  return std::to_string(piece.size()) + ":" + std::string(piece) + ",";
}

std::string iso8601(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char out[32];
  return {out, std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

}  // namespace

RecordBytes bytes_of(const Message& message) {
  return {message.headers.wire() + "\r\n", message.body.view()};
}

RecordName name_of(const RecordBytes& bytes, const Envelope& envelope) {
  RecordName name;
  name.content = Sha256().add(bytes.header).add(bytes.body).hex();
  Sha256 all;
  all.add(counted(name.content)).add(counted(canonical(envelope.sender)));
  for (const auto& recipient : canonical(envelope.recipients)) all.add(counted(recipient));
  name.id = all.hex();
  return name;
}

std::string describe(const ArchiveRecord& record, const RecordName& name, std::size_t size) {
  const nlohmann::ordered_json json{
      {"id", name.id},
      {"sha256", name.content},
      {"size", size},
      {"time", iso8601(record.time)},
      {"queue_id", record.queue_id},
      {"sender", record.envelope.sender},
      {"recipients", record.envelope.recipients},
      {"rules", record.rules},
      {"connector", record.connector},
  };
  // Addresses may hold any bytes; a record with a replaced letter is better than none.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace pams::milter
