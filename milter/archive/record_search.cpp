#include "milter/archive/record_search.hpp"

#include <algorithm>
#include <iterator>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::archive {
namespace {

using Numbers = std::vector<std::int64_t>;
using query::Field;

/// Sets in memory rather than one SQL statement: a query of any shape stays far from SQLite's limits on the
/// depth of an expression.
class Searcher {
 public:
  Searcher(ArchiveDatabase& archive, SearchIndex& index, Unreadable unreadable)
      : archive_(archive), index_(index), unreadable_(unreadable) {}

  /// `may_match`: what is unknown counts as a match. It turns round under NOT.
  Result<Numbers> find(const query::Query& query, bool may_match) {
    return std::visit(
        overloaded{
            [&](const query::Words& words) { return find(words, may_match); },
            [&](const query::Range& range) { return find(range); },
            [&](const query::HasAttachment&) { return or_unknown(index_.with_attachment(), may_match); },
            [&](const query::And& all) { return find_all(all.parts, may_match); },
            [&](const query::Or& any) { return find_any(any.parts, may_match); },
            [&](const query::Not& negated) { return without(find(*negated.part, !may_match)); },
        },
        query.node);
  }

  Result<Numbers> find(const query::Query& query) { return find(query, unreadable_ == Unreadable::Match); }

 private:
  static std::string columns_of(Field field) {
    switch (field) {
      case Field::From:
        return "sender";
      case Field::To:
        return "recipients";
      case Field::Subject:
        return "subject";
      case Field::Body:
        return "body";
      case Field::Attachment:
        return "attachments";
      case Field::Any:  // every column
      case Field::MessageId:
      case Field::Sent:
      case Field::Size:
      case Field::HasAttachment:
        break;
    }
    return "";
  }

  Result<Numbers> find(const query::Words& words, bool may_match) {
    if (words.field == Field::MessageId) return with_message_id(words);
    auto found = index_.with_words(columns_of(words.field), words.text, words.is_prefix);
    return or_unknown(std::move(found), may_match);
  }

  Result<Numbers> or_unknown(Result<Numbers> found, bool may_match) {
    if (!found || !may_match || unreadable_ == Unreadable::NoMatch) return found;
    return index_.with_unknown_content().map([&](const Numbers& unknown) { return united(*found, unknown); });
  }

  /// With or without its angle brackets.
  Result<Numbers> with_message_id(const query::Words& words) {
    const auto bare = text::trim(words.text, "<>");
    const auto bracketed = "<" + std::string(bare) + ">";
    // A try after the first may have had a Message-ID of its own, which the MTA made.
    if (!words.is_prefix)
      return rows(
          "SELECT number FROM record WHERE message_id COLLATE NOCASE IN (?1, ?2) UNION SELECT record FROM outcome WHERE message_id COLLATE NOCASE IN (?1, ?2) ORDER BY 1",
          {bare, std::string_view(bracketed)});
    const auto length = static_cast<std::int64_t>(bare.size());
    return rows(
        "SELECT number FROM record WHERE substr(ltrim(message_id, '<'), 1, ?2) = ?1 COLLATE NOCASE UNION SELECT record FROM outcome WHERE substr(ltrim(message_id, '<'), 1, ?2) = ?1 COLLATE NOCASE ORDER BY 1",
        {bare, length});
  }

  Result<Numbers> find(const query::Range& range) {
    const auto* const sql = range.field == Field::Sent
                                ? "SELECT number FROM record WHERE time BETWEEN ? AND ? ORDER BY number"
                                : "SELECT number FROM record WHERE size BETWEEN ? AND ? ORDER BY number";
    return rows(sql, {range.least, range.maximum});
  }

  Result<Numbers> find_all(const std::vector<query::QueryPtr>& parts, bool may_match) {
    auto found = find(*parts.front(), may_match);
    for (std::size_t i = 1; i < parts.size() && found && !found->empty(); ++i)
      found = find(*parts[i], may_match).map([&](const Numbers& other) {
        Numbers both;
        std::ranges::set_intersection(*found, other, std::back_inserter(both));
        return both;
      });
    return found;
  }

  Result<Numbers> find_any(const std::vector<query::QueryPtr>& parts, bool may_match) {
    auto found = find(*parts.front(), may_match);
    for (std::size_t i = 1; i < parts.size() && found; ++i)
      found = find(*parts[i], may_match).map([&](const Numbers& other) { return united(*found, other); });
    return found;
  }

  Result<Numbers> without(Result<Numbers> excluded) {
    if (!excluded) return excluded;
    return rows("SELECT number FROM record ORDER BY number", {}).map([&](const Numbers& all) {
      Numbers rest;
      std::ranges::set_difference(all, *excluded, std::back_inserter(rest));
      return rest;
    });
  }

  static Numbers united(const Numbers& a, const Numbers& b) {
    Numbers both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
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
