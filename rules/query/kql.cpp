#include "rules/query/kql.hpp"

#include <algorithm>
#include <array>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"
#include "rules/query/restriction.hpp"

namespace pams::query {
namespace {

constexpr std::size_t kDeepest = 100;
constexpr std::size_t kLongest = 8192;
constexpr std::uint32_t kFarthest = 1000;

QueryPtr make(Query query) { return std::make_shared<const Query>(std::move(query)); }

template <class Node>
QueryPtr joined(std::vector<QueryPtr> parts) {
  return parts.size() == 1 ? parts.front() : make({Node{std::move(parts)}});
}

/// What stands between two operators.
struct Item {
  QueryPtr query;
  std::size_t at = 0;
  const Property* property = nullptr;  ///< of a restriction that no sign stands in front of
  bool is_compared = false;            ///< by another operator than : and =
};

/// or := and {OR and}; and := operand {[AND] operand}; operand := {NOT | - | +} near;
/// near := primary [(NEAR | ONEAR)[(n)] primary]; primary := "(" or ")" | property operator (value | "(" or
/// ")") | word | phrase.
class Parser {
 public:
  Parser(std::string_view text, std::optional<std::chrono::sys_seconds> now) : scanner_(text), now_(now) {}

  Result<QueryPtr> whole() {
    auto query = any_of();
    if (!query || scanner_.is_over()) return query;
    return complain("nothing opens what this parenthesis closes");
  }

 private:
  using Failed = tl::unexpected<Error>;
  Failed complain(const std::string& what) const { return scanner_.complain(scanner_.at(), what); }

  bool at_end() {
    scanner_.skip_blanks();
    return scanner_.is_over() || scanner_.is_at(")");
  }

  Result<QueryPtr> any_of() {
    std::vector<QueryPtr> parts;
    do {
      auto part = all_of();
      if (!part) return part;
      parts.push_back(std::move(*part));
    } while (scanner_.take("OR"));
    return joined<Or>(std::move(parts));
  }

  Result<QueryPtr> all_of() {
    std::vector<QueryPtr> parts;
    std::vector<Item> side_by_side;
    for (;;) {
      auto item = operand();
      if (!item) return tl::unexpected(item.error());
      side_by_side.push_back(std::move(*item));
      const bool has_and = scanner_.take("AND");
      const bool is_over = at_end() || scanner_.next_is("OR");
      if (has_and && is_over) return complain("something must follow AND");
      if (!has_and && !is_over) continue;
      if (const auto added = add_side_by_side(side_by_side, parts); !added)
        return tl::unexpected(added.error());
      side_by_side.clear();
      if (is_over) return joined<And>(std::move(parts));
    }
  }

  /// KQL: restrictions of one property mean the union.
  Status add_side_by_side(const std::vector<Item>& items, std::vector<QueryPtr>& parts) const {
    for (auto item = items.begin(); item != items.end(); ++item) {
      const auto is_alike = [&](const Item& other) {
        return item->property != nullptr && other.property == item->property;
      };
      if (std::any_of(items.begin(), item, is_alike)) continue;
      std::vector<QueryPtr> alternatives{item->query};
      for (auto other = item + 1; other != items.end(); ++other) {
        if (!is_alike(*other)) continue;
        if (item->is_compared || other->is_compared)
          return scanner_.complain(other->at, "two restrictions of " + std::string(item->property->name) +
                                                  " side by side; write AND or OR between them");
        alternatives.push_back(other->query);
      }
      parts.push_back(joined<Or>(std::move(alternatives)));
    }
    return {};
  }

  Result<Item> operand() {
    bool is_negated = false;
    bool has_sign = false;
    for (;; has_sign = true) {
      scanner_.skip_blanks();
      if (scanner_.take("NOT")) {
        is_negated = !is_negated;
      } else if (scanner_.is_at("-") || scanner_.is_at("+")) {
        const auto sign = scanner_.rest().substr(0, 1);
        is_negated = is_negated != (sign == "-");
        scanner_.advance(1);
        const auto next = scanner_.rest().substr(0, 1);
        if (next.empty() || std::string_view(" )-+").find(next) != std::string_view::npos)
          return scanner_.complain(scanner_.at() - 1,
                                   sign == "-" ? "a - stands right in front of what it leaves out: -word"
                                               : "a + stands right in front of its word: +word");
      } else {
        break;
      }
    }
    auto item = near();
    if (!item || !has_sign) return item;
    if (is_negated) item->query = make({Not{item->query}});
    item->property = nullptr;
    return item;
  }

  Result<Item> near() {
    auto item = primary();
    if (!item) return item;
    scanner_.skip_blanks();
    const auto at = scanner_.at();
    const bool is_ordered = scanner_.take("ONEAR");
    if (!is_ordered && !scanner_.take("NEAR")) return item;
    const auto* const first = near_words(*item);
    const auto distance = take_distance();
    if (!distance) return tl::unexpected(distance.error());
    const auto right = primary();
    if (!right) return right;
    const auto* const second = near_words(*right);
    if (first == nullptr || second == nullptr)
      return scanner_.complain(first == nullptr ? item->at : right->at,
                               "NEAR stands between two words or phrases");
    if (scanner_.next_is("NEAR") || scanner_.next_is("ONEAR"))
      return complain("NEAR joins two; write a NEAR b AND b NEAR c");
    return Item{make({Near{*first, *second, *distance, is_ordered}}), at};
  }

  const Words* near_words(const Item& item) const {
    const auto* const words = std::get_if<Words>(&item.query->node);
    return words != nullptr && item.property == nullptr && words->field == field() ? words : nullptr;
  }

  /// "(5)" or "(n=5)" right after NEAR.
  Result<std::uint32_t> take_distance() {
    if (!scanner_.is_at("(")) return Near{}.distance;
    const auto close = scanner_.rest().find(')');
    const auto inside = scanner_.rest().substr(0, close).substr(1);
    auto digits = text::trim(inside);
    if (text::istarts_with(digits, "n=")) digits = text::trim(digits.substr(2));
    const auto distance = parse_number<std::uint32_t>(digits, kFarthest);
    if (!distance || close == std::string_view::npos)
      return complain("NEAR's distance is a number up to 1000: NEAR(5)");
    scanner_.advance(close + 1);
    return *distance;
  }

  Result<Item> primary() {
    scanner_.skip_blanks();
    if (scanner_.is_over() || scanner_.is_at(")")) return complain("a word or property:value is missing");
    for (const auto* op : {"AND", "OR", "NEAR", "ONEAR"})
      if (scanner_.next_is(op)) return complain("something must stand in front of " + std::string(op));
    for (const std::string op : {"ALL", "ANY", "NONE", "WORDS", "XRANK"})
      if (scanner_.is_at(op + "("))
        return complain(op + " is not supported; words are joined with AND, OR and NOT");
    const auto at = scanner_.at();
    if (!scanner_.is_at("(")) return term();
    auto inner = group();
    if (!inner) return tl::unexpected(inner.error());
    return Item{std::move(*inner), at};
  }

  Result<QueryPtr> group() {
    const auto open = scanner_.at();
    if (++depth_ > kDeepest) return complain("parentheses are nested deeper than 100");
    scanner_.advance(1);
    auto inner = any_of();
    if (!inner) return inner;
    if (!scanner_.is_at(")")) return scanner_.complain(open, "nothing closes this parenthesis");
    scanner_.advance(1);
    --depth_;
    return inner;
  }

  Field field() const { return scope_ == nullptr ? Field::Any : scope_->field; }

  Result<Item> term() {
    const auto at = scanner_.at();
    if (const auto wrong = check_word(); !wrong) return tl::unexpected(wrong.error());
    if (scope_ != nullptr && scope_->kind != Kind::Text && scope_->kind != Kind::MessageId)
      return restriction(*scope_, Operator::Has, at, true);
    const auto bare = bare_word();
    const auto name = bare.substr(0, bare.find_first_of(":=<>"));
    const bool is_clock =
        std::ranges::all_of(name, text::is_digit) && bare.substr(name.size()).starts_with(':');
    if (name.size() < bare.size() && (!is_clock || name.empty())) return property(name, at);
    auto words = take_words(scanner_, field());
    if (!words) return tl::unexpected(words.error());
    return Item{make({std::move(*words)}), at};
  }

  std::string_view bare_word() const {
    return scanner_.rest().substr(0, scanner_.rest().find_first_of(" ()\""));
  }

  /// What a writer means as an operator, and KQL would take for a word.
  Status check_word() {
    constexpr std::array<std::string_view, 7> kDashes{"\xE2\x80\x90", "\xE2\x80\x91", "\xE2\x80\x92",
                                                      "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95",
                                                      "\xE2\x88\x92"};
    if (std::ranges::any_of(kDashes, [&](std::string_view dash) { return scanner_.is_at(dash); }))
      return complain("this dash leaves nothing out; write - or NOT");
    const auto bare = bare_word();
    for (const std::string op : {"AND", "OR", "NOT", "NEAR", "ONEAR"}) {
      if (bare == op) return complain("a blank is missing after " + op);
      if (text::iequals(bare, op))
        return complain("an operator is written in capitals: " + op + "; the word stands in quotes: \"" +
                        std::string(bare) + "\"");
    }
    return {};
  }

  Result<Item> property(std::string_view name, std::size_t at) {
    if (name.empty()) return complain("a property's name must stand right in front of this, without a blank");
    if (scope_ != nullptr)
      return complain("inside " + std::string(scope_->name) +
                      ":( ) only its values stand, no other property; a text stands in quotes");
    const bool is_has = text::iequals(name, "has");
    const auto* const found = property_of(is_has ? "hasattachment" : name);
    if (found == nullptr) return unknown_property(name);
    scanner_.advance(name.size());
    const auto how = take_operator(scanner_).value_or(Operator::Has);
    if (scanner_.is_over() || scanner_.is_at(" ") || scanner_.is_at(")"))
      return complain("a value must stand right here, without a blank in front of it");
    if (is_has) return has_attachment(how, at);
    if (scanner_.is_at("(")) return scoped(*found, how, at);
    return restriction(*found, how, at, how != Operator::Has && how != Operator::Equal);
  }

  Result<Item> restriction(const Property& of, Operator how, std::size_t at, bool is_compared) {
    auto query = take_restriction(scanner_, of, how, now_);
    if (!query) return tl::unexpected(query.error());
    const auto* const range = std::get_if<Range>(&query->node);
    const bool is_open = range != nullptr && (range->least == kNoLeast || range->maximum == kNoMaximum);
    return Item{make(std::move(*query)), at, &of, is_compared || is_open};
  }

  Result<Item> has_attachment(Operator how, std::size_t at) {
    if (how != Operator::Has && how != Operator::Equal) return complain("has: knows only has:attachment");
    if (!text::iequals(scanner_.take_bare(), "attachment") || !scanner_.is_at_border())
      return scanner_.complain(at, "has: knows only has:attachment");
    return Item{make({HasAttachment{}}), at};
  }

  /// property:(a OR b)
  Result<Item> scoped(const Property& of, Operator how, std::size_t at) {
    if (how != Operator::Has && how != Operator::Equal && how != Operator::Not)
      return complain("only a : or = stands in front of a parenthesis; write " + std::string(of.name) +
                      ":(>1 OR <2)");
    scope_ = &of;
    auto inner = group();
    scope_ = nullptr;
    if (!inner) return tl::unexpected(inner.error());
    return Item{how == Operator::Not ? make({Not{std::move(*inner)}}) : std::move(*inner), at};
  }

  Failed unknown_property(std::string_view name) const {
    std::vector<std::string> names{"has"};
    for (const auto& one : properties()) names.emplace_back(one.name);
    const auto near = text::did_you_mean(text::to_lower(name), names);
    return complain("there is no property '" + text::printable(name, 60) + "'; " +
                    (near.empty() ? "a text stands in quotes. There are " + text::join(names, ", ")
                                  : "did you mean '" + near + "'?"));
  }

  Scanner scanner_;
  const std::optional<std::chrono::sys_seconds> now_;
  const Property* scope_ = nullptr;
  std::size_t depth_ = 0;
};

}  // namespace

Result<QueryPtr> parse_query(std::string_view text, std::optional<std::chrono::sys_seconds> now) {
  if (text.size() > kLongest) return fail(Failure::Refused, "query: it is longer than 8 KB");
  return Parser(text, now).whole();
}

}  // namespace pams::query
