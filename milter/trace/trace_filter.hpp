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

/// All that are set must hold. Letter case of addresses, subject, text and status does not matter.
struct Filter {
  /// An address; "@example.org" or "*@example.org", a whole domain; or with * and ? anywhere. An index
  /// answers all but what begins with a wildcard.
  std::string sender, recipient;
  std::string text;  ///< a part of an address, the subject or the Message-ID; a queue id; how an id begins
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
  using Value = std::variant<std::string, std::int64_t>;
  void address(const std::string& key, const std::string& pattern);
  void anywhere(const std::string& words);
  void text(const std::string& condition, std::string value);
  void add(const std::string& condition, std::vector<Value> values);

  std::string sql_;
  std::vector<Value> values_;
};

}  // namespace pams::milter::trace
