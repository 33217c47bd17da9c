#include "milter/trace/trace_filter.hpp"

#include "milter/trace/text_limits.hpp"
#include "milter/trace/trace_store.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::trace {
namespace {

std::string search_key_or_nothing(const std::string& text) { return text.empty() ? "" : search_key(text); }

/// From the last @ on: KEY without all that stands at its end and is no @. As the indexes have it.
constexpr std::string_view kDomainOf = "substr(KEY, length(rtrim(KEY, replace(KEY, '@', ''))))";

/// A [ would begin a set of characters; * and ? mean what they mean.
std::string glob_of(std::string_view pattern) { return text::replace_all(pattern, "[", "[[]"); }

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?") != std::string_view::npos; }

}  // namespace

Where::Where(const Filter& filter) {
  address("m.sender_key", filter.sender);
  address("r.address_key", filter.recipient);
  if (!filter.text.empty()) anywhere(filter.text);
  text("m.message_id IN (?1, '<' || ?1 || '>')", utf8_cut(filter.message_id, kMaxMessageId));
  text("m.id IN (SELECT message FROM queue WHERE queue_id = ?1)", filter.queue_id);
  text("instr(m.subject_key, ?1) > 0", search_key_or_nothing(filter.subject));
  // What the relay says of a sealed message decides; find() looks at it.
  if (filter.status)
    text("(r.status = ?1 OR EXISTS (SELECT 1 FROM sealed s WHERE s.message = m.id))",
         std::string(to_string(*filter.status)));
  if (filter.since) {
    add("m.received >= ?1", {filter.since->time_since_epoch().count()});
    add("m.id >= ?1", {first_id_of(*filter.since)});  // follows from it, and has an index
  }
  if (filter.until) add("m.received < ?1", {filter.until->time_since_epoch().count()});
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

void Where::address(const std::string& key, const std::string& pattern) {
  if (pattern == "<>") return add(key + " = ?1", {std::string()});  // the null sender
  const auto whole = pattern.starts_with('@') ? "*" + pattern : pattern;
  const auto wanted = address_key(whole);
  if (whole.starts_with("*@") && !has_wildcard(whole.substr(1)))
    text(text::replace_all(kDomainOf, "KEY", key) + " = ?1", "@" + domain_key(whole.substr(2)));
  else if (has_wildcard(whole))
    text(key + " GLOB ?1", glob_of(wanted));
  else
    text(key + " = ?1", wanted);
}

void Where::anywhere(const std::string& words) {
  const auto ids = ids_like(words).value_or(IdRange{1, 0});
  const auto key = words.find('@') == std::string::npos ? domain_key(words) : address_key(words);
  add("(instr(m.sender_key, ?5) > 0 OR instr(r.address_key, ?5) > 0 OR instr(m.subject_key, ?1) > 0"
      " OR instr(lower(m.message_id), lower(?2)) > 0"
      " OR m.id IN (SELECT message FROM queue WHERE queue_id = ?2) OR m.id BETWEEN ?3 AND ?4)",
      {search_key(words), words, ids.first, ids.last, key});
}

void Where::text(const std::string& condition, std::string value) {
  if (!value.empty()) add(condition, {std::move(value)});
}

/// ?1 to ?9 of the condition are its own values, whatever stands in front.
void Where::add(const std::string& condition, std::vector<Value> values) {
  sql_ += sql_.empty() ? " WHERE " : " AND ";
  for (std::size_t i = 0; i < condition.size(); ++i) {
    sql_ += condition[i];
    if (condition[i] == '?')
      sql_ += std::to_string(values_.size() + static_cast<std::size_t>(condition[++i] - '0'));
  }
  for (auto& value : values) values_.push_back(std::move(value));
}

}  // namespace pams::milter::trace
