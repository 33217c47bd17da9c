#include "milter/archive/record_search.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "milter/archive/word_distance.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/query/words.hpp"

namespace pams::milter::archive {
namespace {

using Numbers = std::vector<std::int64_t>;
using Columns = std::vector<std::string>;
using query::Field;

/// Of SearchableText, by property. A word without one is looked for in all but those whose words another has.
Columns columns_of(Field field) {
  switch (field) {
    case Field::From:
      return {"sender"};
    case Field::To:
    case Field::Recipients:
      return {"recipients"};
    case Field::Cc:
      return {"cc"};
    case Field::Bcc:
      return {"bcc"};
    case Field::Participants:
      return {"sender", "recipients"};
    case Field::Subject:
      return {"subject"};
    case Field::Body:
      return {"body"};
    case Field::Attachment:
      return {"attachments", "attachment_names"};
    case Field::AttachmentNames:
      return {"attachment_names"};
    case Field::Category:
      return {"category"};
    case Field::Any:
    case Field::MessageId:
    case Field::Importance:
    case Field::Kind:
    case Field::HasAttachment:
    case Field::Sent:
    case Field::Received:
    case Field::Size:
      break;
  }
  return {"sender", "recipients", "subject", "body", "attachments", "attachment_names", "category"};
}

bool has_addresses(std::string_view column) {
  return column == "sender" || column == "recipients" || column == "cc" || column == "bcc";
}

/// FTS5: in any of `columns`; "" when there are none.
std::string in_columns(const Columns& columns, const std::string& expression) {
  return columns.empty() ? "" : "({" + text::join(columns, " ") + "} : " + expression + ")";
}

/// The words need no escape: they hold no quote.
std::string phrase(std::string_view words, bool is_prefix) {
  return "\"" + std::string(words) + "\"" + (is_prefix ? " *" : "");
}

/// An address as a whole, when that is what is asked for; "" otherwise.
std::string_view whole_address(const query::Words& words) {
  const auto bare = text::trim(words.text, " <>");
  const auto sign = bare.rfind('@');
  const bool has_domain = sign != std::string_view::npos && (sign + 1 < bare.size() || words.is_prefix);
  return has_domain && bare.find(' ') == std::string_view::npos ? bare : std::string_view{};
}

std::string match_of(const query::Words& words) {
  const auto columns = columns_of(words.field);
  const auto as_words = phrase(query::words_in(words.text), words.is_prefix);
  const auto address = whole_address(words);
  if (address.empty()) return in_columns(columns, as_words);
  Columns of_addresses, others;
  for (const auto& column : columns) (has_addresses(column) ? of_addresses : others).push_back(column);
  const auto whole = in_columns(of_addresses, phrase(query::address_word(address), words.is_prefix));
  const auto elsewhere = in_columns(others, as_words);
  return whole + (whole.empty() || elsewhere.empty() ? "" : " OR ") + elsewhere;
}

std::string match_of(const query::Near& near) {
  const auto both = "NEAR(" + phrase(query::words_in(near.first.text), near.first.is_prefix) + " " +
                    phrase(query::words_in(near.second.text), near.second.is_prefix) + ", " +
                    std::to_string(near.distance) + ")";
  return in_columns(columns_of(near.first.field), both);
}

Numbers united(const Numbers& a, const Numbers& b) {
  Numbers both;
  std::ranges::set_union(a, b, std::back_inserter(both));
  return both;
}

Numbers common(const Numbers& a, const Numbers& b) {
  Numbers both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return both;
}

/// Sets in memory rather than one SQL statement: a query of any shape stays far from SQLite's limits on the
/// depth of an expression.
class Searcher {
 public:
  Searcher(ArchiveDatabase& archive, SearchIndex& index, Unreadable unreadable)
      : archive_(archive), index_(index), unreadable_(unreadable) {}

  /// A record that is not indexed yet cannot be read yet.
  Result<Numbers> find(const query::Query& query) {
    const bool may_match = unreadable_ == Unreadable::Match;
    const auto end = index_.indexed_to(archive_);
    if (!end) return tl::unexpected(end.error());
    auto found = find(query, may_match);
    if (!found) return found;
    found->erase(std::ranges::upper_bound(*found, end->number), found->end());
    if (!may_match) return found;
    return rows("SELECT number FROM record WHERE number > ? ORDER BY number", {end->number})
        .map([&](const Numbers& not_indexed) { return united(*found, not_indexed); });
  }

 private:
  /// `may_match`: what is unknown counts as a match. It turns round under NOT.
  Result<Numbers> find(const query::Query& query, bool may_match) {
    return std::visit(
        overloaded{
            [&](const query::Words& words) { return find(words, may_match); },
            [&](const query::Near& near) { return or_unknown(find(near), may_match); },
            [&](const query::Range& range) { return find(range, may_match); },
            [&](const query::HasAttachment&) { return or_unknown(index_.with_attachment(), may_match); },
            [&](query::Importance importance) {
              return or_unknown(index_.with_importance(static_cast<std::int64_t>(importance)), may_match);
            },
            [&](const query::IsEmail&) { return all(); },
            [&](const query::And& both) { return find_all(both.parts, may_match); },
            [&](const query::Or& any) { return find_any(any.parts, may_match); },
            [&](const query::Not& negated) { return without(find(*negated.part, !may_match)); },
        },
        query.node);
  }

  Result<Numbers> find(const query::Words& words, bool may_match) {
    if (words.field == Field::MessageId) return with_message_id(words);
    return or_unknown(index_.with_match(match_of(words)), may_match);
  }

  /// FTS5 knows neither an order nor where a text ends.
  Result<Numbers> find(const query::Near& near) {
    const auto candidates = index_.with_match(match_of(near));
    if (!candidates) return candidates;
    Numbers found;
    for (const auto number : *candidates) {
      const auto texts = index_.texts(number, columns_of(near.first.field));
      if (!texts) return tl::unexpected(texts.error());
      if (std::ranges::any_of(*texts, [&](const std::string& words) { return are_near(words, near); }))
        found.push_back(number);
    }
    return found;
  }

  Result<Numbers> or_unknown(Result<Numbers> found, bool may_match) {
    if (!found || !may_match || unreadable_ == Unreadable::NoMatch) return found;
    return index_.with_unknown_content().map([&](const Numbers& unknown) { return united(*found, unknown); });
  }

  /// With or without its angle brackets.
  Result<Numbers> with_message_id(const query::Words& words) {
    const auto bare = text::trim(words.text, " <>");
    const auto bracketed = "<" + std::string(bare) + ">";
    // A try after the first may have had a Message-ID of its own, which the MTA made.
    if (!words.is_prefix)
      return rows(
          "SELECT number FROM record WHERE message_id COLLATE NOCASE IN (?1, ?2) UNION SELECT record FROM outcome WHERE message_id COLLATE NOCASE IN (?1, ?2) ORDER BY 1",
          {bare, std::string_view(bracketed)});
    return rows(
        "SELECT number FROM record WHERE substr(ltrim(message_id, '<'), 1, length(?1)) = ?1 COLLATE NOCASE UNION SELECT record FROM outcome WHERE substr(ltrim(message_id, '<'), 1, length(?1)) = ?1 COLLATE NOCASE ORDER BY 1",
        {bare});
  }

  Result<Numbers> find(const query::Range& range, bool may_match) {
    if (range.field == Field::Size)
      return rows("SELECT number FROM record WHERE size BETWEEN ? AND ? ORDER BY number",
                  {range.least, range.maximum});
    if (range.field == Field::Sent && unreadable_ == Unreadable::NoMatch)
      return index_.sent_between(range.least, range.maximum);
    auto received = rows("SELECT number FROM record WHERE time BETWEEN ? AND ? ORDER BY number",
                         {range.least, range.maximum});
    if (!received || range.field != Field::Sent) return received;
    // A sender writes the Date as he likes, and to 0.1.0 sent: was the time of archiving: either may be
    // meant.
    return index_.sent_between(range.least, range.maximum).map([&](const Numbers& sent) {
      return may_match ? united(*received, sent) : common(*received, sent);
    });
  }

  Result<Numbers> find_all(const std::vector<query::QueryPtr>& parts, bool may_match) {
    auto found = find(*parts.front(), may_match);
    for (std::size_t i = 1; i < parts.size() && found && !found->empty(); ++i)
      found = find(*parts[i], may_match).map([&](const Numbers& other) { return common(*found, other); });
    return found;
  }

  Result<Numbers> find_any(const std::vector<query::QueryPtr>& parts, bool may_match) {
    auto found = find(*parts.front(), may_match);
    for (std::size_t i = 1; i < parts.size() && found; ++i)
      found = find(*parts[i], may_match).map([&](const Numbers& other) { return united(*found, other); });
    return found;
  }

  Result<Numbers> all() { return rows("SELECT number FROM record ORDER BY number", {}); }

  Result<Numbers> without(Result<Numbers> excluded) {
    if (!excluded) return excluded;
    return all().map([&](const Numbers& every) {
      Numbers rest;
      std::ranges::set_difference(every, *excluded, std::back_inserter(rest));
      return rest;
    });
  }

  Result<Numbers> rows(std::string_view sql, const std::vector<sqlite::In>& values) {
    Numbers found;
    const auto read = archive_.sql().query_with(sql, values, [&](const sqlite::Row& row) {
      found.push_back(row.number(0));
      return true;
    });
    return read.map([&] { return std::move(found); });
  }

  ArchiveDatabase& archive_;
  SearchIndex& index_;
  const Unreadable unreadable_;
};

}  // namespace

Result<std::vector<std::int64_t>> search(ArchiveDatabase& archive, SearchIndex& index,
                                         const query::Query& query, Unreadable unreadable) {
  return Searcher(archive, index, unreadable).find(query);
}

}  // namespace pams::milter::archive
