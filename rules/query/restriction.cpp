#include "rules/query/restriction.hpp"

#include <algorithm>
#include <array>

#include "rules/base/text.hpp"
#include "rules/query/extent.hpp"
#include "rules/query/words.hpp"

namespace pams::query {
namespace {

struct OperatorName {
  std::string_view name;
  Operator how;
};
constexpr std::array kOperators{
    OperatorName{"<>", Operator::Not},         OperatorName{"<=", Operator::LessOrEqual},
    OperatorName{">=", Operator::MoreOrEqual}, OperatorName{"<", Operator::Less},
    OperatorName{">", Operator::More},         OperatorName{":", Operator::Has},
    OperatorName{"=", Operator::Equal},
};

QueryPtr make(Query query) { return std::make_shared<const Query>(std::move(query)); }

Query negated_if(bool is_negated, Query query) {
  return is_negated ? Query{Not{make(std::move(query))}} : query;
}

constexpr std::array<std::string_view, 8> kTypographicQuotes{"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E",
                                                             "\xE2\x80\x9F", "\xE2\x80\x98", "\xE2\x80\x99",
                                                             "\xC2\xAB",     "\xC2\xBB"};

bool begins_typographic(std::string_view text) {
  return std::ranges::any_of(kTypographicQuotes,
                             [&](std::string_view quote) { return text.starts_with(quote); });
}

/// A value as it stands, with the place where it begins.
struct Value {
  std::string_view text;
  std::size_t at = 0;
  bool is_quoted = false, has_star_behind = false;
};

Result<Value> take_value(Scanner& scanner) {
  Value value{{}, scanner.at()};
  if (scanner.is_at("\"")) {
    const auto inside = scanner.take_quoted();
    if (!inside) return tl::unexpected(inside.error());
    value = {*inside, value.at + 1, true, scanner.is_at("*")};
    if (value.has_star_behind) scanner.advance(1);
    if (!scanner.is_at_border()) return scanner.complain(scanner.at(), "a blank is missing after the quote");
    return value;
  }
  if (begins_typographic(scanner.rest()))
    return scanner.complain(value.at, "these are quotes of a text; write straight ones: \"annual report\"");
  value.text = scanner.take_bare();
  if (scanner.is_at("\"")) return scanner.complain(scanner.at(), "a blank is missing in front of the quote");
  return value;
}

/// Where a * or ? stands that means nothing; npos when none does.
std::size_t stray_wildcard(const Value& value, std::string_view text) {
  if (const auto star = text.find('*'); star != std::string_view::npos) return star;
  for (auto at = text.find('?'); !value.is_quoted && at != std::string_view::npos;
       at = text.find('?', at + 1))
    if (at + 1 < text.size() && (text::is_alnum(text[at + 1]) || !text::is_ascii(text[at + 1]))) return at;
  return std::string_view::npos;
}

bool ends_in_word(std::string_view text) {
  return !text.empty() && (text::is_alnum(text.back()) || !text::is_ascii(text.back()));
}

Result<Words> words_of(const Scanner& scanner, const Value& value, Field field) {
  auto text = value.text;
  const bool is_prefix = value.has_star_behind || text.ends_with('*');
  if (text.ends_with('*')) text.remove_suffix(1);
  if (const auto stray = stray_wildcard(value, text); stray != std::string_view::npos)
    return scanner.complain(value.at + stray,
                            text[stray] == '*'
                                ? "a * can only end a word: there is no search for how a word ends"
                                : "a ? is no wildcard; a * at the end of a word is one");
  if (is_prefix && !ends_in_word(text))
    return scanner.complain(value.at + text.size(), "a * must stand right after a word's beginning");
  const bool says_something =
      field == Field::MessageId ? !text::trim(text, " <>").empty() : !words_in(text).empty();
  if (!says_something) return scanner.complain(value.at, "no letter or digit stands here to look for");
  return Words{field, std::string(text), is_prefix};
}

bool is_comparison(const Value& value) {
  const auto text = value.text;
  const bool is_bracketed = text.starts_with('<') && text.ends_with('>');
  return !value.is_quoted && !is_bracketed && !text.empty() &&
         std::string_view("<>=").find(text[0]) != std::string_view::npos;
}

Result<Query> text_restriction(Scanner& scanner, const Property& property, bool is_negated) {
  const auto value = take_value(scanner);
  if (!value) return tl::unexpected(value.error());
  const bool is_id = property.kind == Kind::MessageId;
  if (!is_id && is_comparison(*value))
    return scanner.complain(value->at, std::string(property.name) + " is a text, which < > = do not compare");
  if (const auto dots = value->text.find(".."); !is_id && !value->is_quoted && dots != std::string_view::npos)
    return scanner.complain(
        value->at + dots,
        std::string(property.name) + " is a text, which has no ranges; dots of a text stand in quotes");
  auto words = words_of(scanner, *value, property.field);
  if (!words) return tl::unexpected(words.error());
  return negated_if(is_negated, {std::move(*words)});
}

struct Choice {
  std::string_view name;
  Query query;
};

Result<Query> choice(Scanner& scanner, const Property& property, const std::vector<Choice>& choices,
                     const std::string& expected) {
  const auto value = take_value(scanner);
  if (!value) return tl::unexpected(value.error());
  for (const auto& one : choices)
    if (text::iequals(value->text, one.name) && !value->has_star_behind) return one.query;
  return scanner.complain(value->at, std::string(property.name) + expected);
}

/// One end of a range, up to "..".
Result<Value> take_end(Scanner& scanner) {
  Value value{{}, scanner.at()};
  if (scanner.is_at("\"")) {
    const auto inside = scanner.take_quoted();
    if (!inside) return tl::unexpected(inside.error());
    value.text = *inside;
    ++value.at;
    return value;
  }
  const auto rest = scanner.rest();
  value.text = rest.substr(0, std::min(rest.find_first_of(" ()\""), rest.find("..")));
  scanner.advance(value.text.size());
  return value;
}

class Comparison {
 public:
  Comparison(Scanner& scanner, const Property& property, std::optional<std::chrono::sys_seconds> now)
      : scanner_(scanner), property_(property), now_(now) {}

  Result<Query> read(Operator how) {
    const auto begin = scanner_.at();
    const auto first = take_extent();
    if (!first) return tl::unexpected(first.error());
    if ((how == Operator::More || how == Operator::LessOrEqual) && first->last == kNoMaximum)
      return scanner_.complain(begin, "nothing is larger than that");
    if (!scanner_.is_at("..")) return ended(compared(how, *first));
    if (how != Operator::Has && how != Operator::Equal)
      return scanner_.complain(scanner_.at(), "a range stands after : or =, without < or >");
    scanner_.advance(2);
    if (scanner_.is_at_border())
      return scanner_.complain(scanner_.at(), "the range's end is missing; an open one is written " +
                                                  std::string(property_.name) + ">=");
    const auto last = take_extent();
    if (!last) return tl::unexpected(last.error());
    if (first->first > last->last) return scanner_.complain(begin, "the range ends before it begins");
    return ended({Range{property_.field, first->first, last->last}});
  }

 private:
  Result<Extent> take_extent() {
    const auto value = take_end(scanner_);
    if (!value) return tl::unexpected(value.error());
    const auto extent =
        property_.kind == Kind::Bytes ? size_extent(value->text) : time_extent(value->text, now_);
    if (!extent) return scanner_.complain(value->at, extent.error());
    return *extent;
  }
  Query compared(Operator how, const Extent& value) const {
    Range range{property_.field};
    switch (how) {
      case Operator::Has:
      case Operator::Equal:
      case Operator::Not:
        range.least = value.first;
        range.maximum = value.last;
        break;
      case Operator::Less:
        range.maximum = value.first - 1;
        break;
      case Operator::LessOrEqual:
        range.maximum = value.last;
        break;
      case Operator::More:
        range.least = value.last + 1;
        break;
      case Operator::MoreOrEqual:
        range.least = value.first;
        break;
    }
    return negated_if(how == Operator::Not, {range});
  }
  Result<Query> ended(Query query) const {
    if (scanner_.is_at_border()) return query;
    return scanner_.complain(scanner_.at(), "a blank is missing here");
  }

  Scanner& scanner_;
  const Property& property_;
  const std::optional<std::chrono::sys_seconds> now_;
};

}  // namespace

std::optional<Operator> take_operator(Scanner& scanner) {
  for (const auto& one : kOperators)
    if (scanner.is_at(one.name)) {
      scanner.advance(one.name.size());
      return one.how;
    }
  return std::nullopt;
}

Result<Words> take_words(Scanner& scanner, Field field) {
  const auto value = take_value(scanner);
  if (!value) return tl::unexpected(value.error());
  return words_of(scanner, *value, field);
}

Result<Query> take_restriction(Scanner& scanner, const Property& property, Operator how,
                               std::optional<std::chrono::sys_seconds> now) {
  const bool is_negated = how == Operator::Not;
  if (property.kind == Kind::Time || property.kind == Kind::Bytes) {
    // "sent:>=2026-01-31" is the same as "sent>=2026-01-31".
    if (how == Operator::Has && !scanner.is_at(":")) how = take_operator(scanner).value_or(how);
    return Comparison(scanner, property, now).read(how);
  }
  if (how != Operator::Has && how != Operator::Equal && !is_negated)
    return scanner.complain(
        scanner.at(),
        std::string(property.name) + " has no order; only times and sizes are compared with < and >");
  const auto chosen = [&](const Query& query) { return negated_if(is_negated, query); };
  switch (property.kind) {
    case Kind::YesNo:
      return choice(
          scanner, property,
          {{"true", chosen({HasAttachment{}})}, {"false", negated_if(!is_negated, {HasAttachment{}})}},
          " is true or false");
    case Kind::Importance:
      return choice(scanner, property,
                    {{"high", chosen({Importance::High})},
                     {"medium", chosen({Importance::Medium})},
                     {"normal", chosen({Importance::Medium})},
                     {"low", chosen({Importance::Low})}},
                    " is high, medium or low");
    case Kind::MessageKind:
      return choice(scanner, property, {{"email", chosen({IsEmail{}})}},
                    ":email is all that an archive of mail has");
    case Kind::Text:
    case Kind::MessageId:
    case Kind::Time:
    case Kind::Bytes:
      break;
  }
  return text_restriction(scanner, property, is_negated);
}

}  // namespace pams::query
