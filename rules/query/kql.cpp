#include "rules/query/kql.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"

namespace pams::query {
namespace {

constexpr std::size_t kDeepest = 100;
constexpr std::size_t kLongest = 8192;
constexpr auto kUnbounded = std::numeric_limits<std::int64_t>::max();

struct FieldName {
  std::string_view name;
  Field field;
};
constexpr std::array kFields{
    FieldName{"from", Field::From},
    FieldName{"to", Field::To},
    FieldName{"subject", Field::Subject},
    FieldName{"body", Field::Body},
    FieldName{"attachment", Field::Attachment},
    FieldName{"messageid", Field::MessageId},
    FieldName{"sent", Field::Sent},
    FieldName{"size", Field::Size},
    FieldName{"has", Field::HasAttachment},
};

tl::unexpected<Error> wrong(std::string text) { return fail(Failure::Refused, "query: " + std::move(text)); }

QueryPtr make(decltype(Query::node) node) { return std::make_shared<const Query>(Query{std::move(node)}); }

/// One value after a field, or a bare word.
struct Value {
  std::string text;
  bool quoted = false;
};

/// "2026-03-01" as the first second of that UTC day.
std::optional<std::int64_t> day_start(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_number<unsigned>(text.substr(0, 4));
  const auto month = parse_number<unsigned>(text.substr(5, 2));
  const auto day = parse_number<unsigned>(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{*month}, std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days{date}.time_since_epoch())
      .count();
}

/// "10", "10KB", "5 MB" in bytes.
std::optional<std::int64_t> byte_count(std::string_view text) {
  constexpr Unit kBytes[] = {{"", 1}};
  auto bytes = parse_quantity(text, kBytes);
  if (!bytes) bytes = parse_quantity(text, kByteUnits);
  return bytes ? std::optional(static_cast<std::int64_t>(*bytes)) : std::nullopt;
}

/// A value that is itself a span: a day lasts 86,400 seconds, a size is one number.
struct Extent {
  std::int64_t first, last;
};
std::optional<Extent> extent(Field field, std::string_view text) {
  const auto start = field == Field::Sent ? day_start(text) : byte_count(text);
  if (!start) return std::nullopt;
  return Extent{*start, field == Field::Sent ? *start + 86399 : *start};
}

Result<QueryPtr> range(Field field, std::string_view text) {
  const auto bad = [&] {
    return wrong("'" + text::printable(text, 80) + "' is no " +
                 (field == Field::Sent ? "day like 2026-01-31, 2026-01-01..2026-01-31 or >=2026-01-01"
                                       : "size like 10KB, 1MB..5MB or >=1MB"));
  };
  if (const auto dots = text.find(".."); dots != std::string_view::npos) {
    const auto from = extent(field, text.substr(0, dots));
    const auto to = extent(field, text.substr(dots + 2));
    if (!from || !to || from->first > to->last) return bad();
    return make(Range{field, from->first, to->last});
  }
  std::string_view op;
  for (const std::string_view candidate : {">=", "<=", ">", "<", "="})
    if (op.empty() && text.starts_with(candidate)) op = candidate;
  const auto value = extent(field, text.substr(op.size()));
  if (!value) return bad();
  if (op == ">=") return make(Range{field, value->first, kUnbounded});
  if (op == ">" && value->last == kUnbounded) return bad();
  if (op == ">") return make(Range{field, value->last + 1, kUnbounded});
  if (op == "<=") return make(Range{field, 0, value->last});
  if (op == "<") return make(Range{field, 0, value->first - 1});
  return make(Range{field, value->first, value->last});
}

/// Recursive descent: or := and {OR and}; and := not {[AND] not}; not := [NOT] primary; primary := ( or ) |
/// term.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<QueryPtr> whole() {
    auto query = any_of();
    if (!query) return query;
    skip_blanks();
    if (at_ < text_.size())
      return wrong("unexpected '" + std::string(1, text_[at_]) + "' at column " + std::to_string(at_ + 1));
    return query;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && text::kBlank.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool at_end() {
    skip_blanks();
    return at_ == text_.size() || text_[at_] == ')';
  }
  /// Operators are capitals, as in KQL: "and" is a word like any other.
  bool next_is(std::string_view word) {
    skip_blanks();
    const auto rest = text_.substr(at_);
    return rest.starts_with(word) &&
           (rest.size() == word.size() || text::kBlank.find(rest[word.size()]) != std::string_view::npos ||
            rest[word.size()] == '(' || rest[word.size()] == ')');
  }
  bool take(std::string_view word) {
    if (!next_is(word)) return false;
    at_ += word.size();
    return true;
  }

  Result<QueryPtr> any_of() {
    std::vector<QueryPtr> parts;
    do {
      auto part = all_of();
      if (!part) return part;
      parts.push_back(std::move(*part));
    } while (take("OR"));
    return parts.size() == 1 ? parts.front() : make(Or{std::move(parts)});
  }

  Result<QueryPtr> all_of() {
    std::vector<QueryPtr> parts;
    do {
      auto part = negated();
      if (!part) return part;
      parts.push_back(std::move(*part));
      if (take("AND") && (at_end() || next_is("OR"))) return wrong("something must follow AND");
    } while (!at_end() && !next_is("OR"));
    return parts.size() == 1 ? parts.front() : make(And{std::move(parts)});
  }

  Result<QueryPtr> negated() {
    bool negative = false;
    while (take("NOT")) negative = !negative;
    auto part = primary();
    if (!part || !negative) return part;
    return make(Not{std::move(*part)});
  }

  Result<QueryPtr> primary() {
    skip_blanks();
    if (at_ == text_.size()) return wrong("a word or field:value is missing at the end");
    if (text_[at_] == ')')
      return wrong("a word or field:value is missing at column " + std::to_string(at_ + 1));
    for (const std::string_view op : {"AND", "OR"})
      if (next_is(op)) return wrong("something must stand in front of " + std::string(op));
    if (text_[at_] != '(') return term();
    if (++depth_ > kDeepest) return wrong("parentheses are nested deeper than 100");
    ++at_;
    auto inner = any_of();
    if (!inner) return inner;
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != ')') return wrong("a closing parenthesis is missing");
    ++at_;
    --depth_;
    return inner;
  }

  Result<Value> value() {
    if (at_ < text_.size() && text_[at_] == '"') {
      const auto close = text_.find('"', at_ + 1);
      if (close == std::string_view::npos) return wrong("a closing quote is missing");
      Value quoted{std::string(text_.substr(at_ + 1, close - at_ - 1)), true};
      at_ = close + 1;
      if (at_ < text_.size() && text_.find_first_of(" \t\r\n()", at_) != at_)
        return wrong("a blank is missing after the quote at column " + std::to_string(at_));
      return quoted;
    }
    const auto end = std::min(text_.find_first_of(" \t\r\n()\"", at_), text_.size());
    Value word{std::string(text_.substr(at_, end - at_)), false};
    at_ = end;
    return word;
  }

  Result<QueryPtr> term() {
    const auto colon = text_.find_first_of(": \t\r\n()\"", at_);
    if (colon == std::string_view::npos || text_[colon] != ':') return words(Field::Any);
    const auto name = text_.substr(at_, colon - at_);
    const auto* const field =
        std::ranges::find_if(kFields, [&](const FieldName& f) { return text::iequals(f.name, name); });
    if (field == kFields.end()) return unknown_field(name);
    at_ = colon + 1;
    if (field->field == Field::Sent || field->field == Field::Size) {
      auto given = value();
      return given ? range(field->field, given->text) : tl::unexpected(given.error());
    }
    if (field->field != Field::HasAttachment) return words(field->field);
    const auto given = value();
    if (!given) return tl::unexpected(given.error());
    if (!text::iequals(given->text, "attachment")) return wrong("has: knows only has:attachment");
    return make(HasAttachment{});
  }

  Result<QueryPtr> words(Field field) {
    auto given = value();
    if (!given) return tl::unexpected(given.error());
    auto text = std::move(given->text);
    const bool is_prefix = text.ends_with('*');
    if (is_prefix) text.pop_back();
    if (text::trim(text).empty()) return wrong("an empty value at column " + std::to_string(at_ + 1));
    return make(Words{field, std::move(text), is_prefix});
  }

  static Result<QueryPtr> unknown_field(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& f : kFields) names.emplace_back(f.name);
    const auto near = text::did_you_mean(name, names);
    return wrong(
        "unknown field '" + text::printable(name) + ":'" +
        (near.empty() ? "; there are " + text::join(names, ": ") + ":" : "; did you mean '" + near + ":'?"));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Result<QueryPtr> parse_query(std::string_view text) {
  if (text.size() > kLongest) return wrong("longer than 8 KB");
  return Parser(text).whole();
}

}  // namespace pams::query
