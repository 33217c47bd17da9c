/// How a question to the trace becomes SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "milter/base/sqlite.hpp"
#include "milter/trace/message_trace.hpp"

namespace pams::milter::trace {

/// All that are set must hold. Addresses are whole ones; letter case of addresses, subject and status does
/// not matter.
struct Filter {
  std::string sender, recipient;
  std::string message_id;  ///< with or without <>
  std::string queue_id;    ///< any that the message ever had
  std::string subject;     ///< a part of it
  std::optional<DeliveryStatus> status;
  std::optional<Instant> since, until;  ///< received at or after, before
  std::size_t limit = 1000;
};
/// The WHERE of a filter, with its values. Text is kept here because values are views of it. `m` is the
/// message, `r` the recipient.
class Where {
 public:
  explicit Where(const Filter& filter);
  const std::string& sql() const { return sql_; }
  std::vector<sqlite::In> values() const;

 private:
  void text(std::string_view condition, std::string value);
  void number(std::string_view condition, std::int64_t value) { add(condition, value); }
  void add(std::string_view condition, std::variant<std::string, std::int64_t> value);

  std::string sql_;
  std::vector<std::variant<std::string, std::int64_t>> values_;
};

}  // namespace pams::milter::trace
