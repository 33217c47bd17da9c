#include "milter/trace/trace_filter.hpp"

#include "milter/trace/text_limits.hpp"
#include "milter/trace/trace_store.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

std::string search_key_or_nothing(const std::string& text) { return text.empty() ? "" : search_key(text); }

}  // namespace

Where::Where(const Filter& filter) {
  text("m.sender_key = ?", search_key_or_nothing(filter.sender));
  text("r.address_key = ?", search_key_or_nothing(filter.recipient));
  text("m.message_id IN (?, '<' || ?1 || '>')", utf8_cut(filter.message_id, kMaxMessageId));
  text("m.id IN (SELECT message FROM queue WHERE queue_id = ?)", filter.queue_id);
  text("instr(m.subject_key, ?) > 0", search_key_or_nothing(filter.subject));
  // What the relay says of a sealed message decides; find() looks at it.
  if (filter.status)
    text("(r.status = ? OR EXISTS (SELECT 1 FROM sealed s WHERE s.message = m.id))",
         std::string(to_string(*filter.status)));
  if (filter.since) number("m.received >= ?", filter.since->time_since_epoch().count());
  if (filter.until) number("m.received < ?", filter.until->time_since_epoch().count());
}

std::vector<sqlite::In> Where::values() const {
  std::vector<sqlite::In> all;
  for (const auto& one : values_) {
    if (const auto* text = std::get_if<std::string>(&one))
      all.emplace_back(std::string_view(*text));
    else
      all.emplace_back(std::get<std::int64_t>(one));
  }
  return all;
}

void Where::text(std::string_view condition, std::string value) {
  if (!value.empty()) add(condition, std::move(value));
}

void Where::add(std::string_view condition, std::variant<std::string, std::int64_t> value) {
  values_.push_back(std::move(value));
  const auto place = "?" + std::to_string(values_.size());
  auto numbered = text::replace_all(text::replace_all(condition, "?1", "?"), "?", place);
  sql_.append(sql_.empty() ? " WHERE " : " AND ").append(numbered);
}

}  // namespace pams::milter::trace
