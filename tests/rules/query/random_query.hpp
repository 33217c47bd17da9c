/// Queries of any shape, for properties that must hold for all of them. The same seed gives the same ones.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "rules/query/query.hpp"

namespace pams::test {

class RandomQueries {
 public:
  struct Vocabulary {
    std::vector<std::string> words;   ///< of subject, body, attachments, category; for NEAR too
    std::vector<std::string> people;  ///< of address properties
    std::vector<std::string> ids;     ///< for messageid:
    std::vector<std::int64_t> times;  ///< ends of ranges
    std::vector<std::int64_t> sizes;
  };

  RandomQueries(unsigned seed, Vocabulary vocabulary) : random_(seed), vocabulary_(std::move(vocabulary)) {}

  query::QueryPtr next(int depth = 4) {
    const auto kind = depth == 0 ? 9 : below(10);
    if (kind < 2) return make({query::And{parts(depth)}});
    if (kind < 4) return make({query::Or{parts(depth)}});
    if (kind == 4) return make({query::Not{next(depth - 1)}});
    return make(leaf());
  }
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all.at(below(all.size()));
  }

 private:
  static query::QueryPtr make(query::Query query) {
    return std::make_shared<const query::Query>(std::move(query));
  }
  std::vector<query::QueryPtr> parts(int depth) {
    std::vector<query::QueryPtr> all;
    for (std::size_t i = 0, count = 2 + below(2); i < count; ++i) all.push_back(next(depth - 1));
    return all;
  }
  query::Words phrase(query::Field field) {
    query::Words words{field, one_of(vocabulary_.words), below(4) == 0};
    for (std::size_t more = below(3); more > 1; --more) words.text += " " + one_of(vocabulary_.words);
    return words;
  }
  query::Range range(query::Field field, const std::vector<std::int64_t>& ends) {
    auto least = one_of(ends), maximum = one_of(ends);
    if (least > maximum) std::swap(least, maximum);
    const auto open = below(4);
    return {field, open == 0 ? query::kNoLeast : least, open == 1 ? query::kNoMaximum : maximum};
  }
  query::Query leaf() {
    using query::Field;
    static const std::vector<Field> kTextFields{
        Field::Any,        Field::Any,      Field::Subject,        Field::Body,
        Field::Attachment, Field::Category, Field::AttachmentNames};
    static const std::vector<Field> kPeopleFields{
        Field::Any, Field::From, Field::To, Field::Cc, Field::Bcc, Field::Recipients, Field::Participants};
    switch (below(12)) {
      case 0:
        return {range(below(2) == 0 ? Field::Sent : Field::Received, vocabulary_.times)};
      case 1:
        return {range(Field::Size, vocabulary_.sizes)};
      case 2:
        return {query::HasAttachment{}};
      case 3:
        return {static_cast<query::Importance>(below(3))};
      case 4:
        return {query::Words{Field::MessageId, one_of(vocabulary_.ids), below(3) == 0}};
      case 5:
        if (below(4) == 0) return {query::IsEmail{}};
        [[fallthrough]];
      case 6: {
        const auto field = below(2) == 0 ? Field::Any : one_of(std::vector{Field::Subject, Field::Body});
        return {
            query::Near{phrase(field), phrase(field), static_cast<std::uint32_t>(below(5)), below(2) == 0}};
      }
      case 7:
      case 8:
        return {query::Words{one_of(kPeopleFields), one_of(vocabulary_.people), below(4) == 0}};
      default:
        return {phrase(one_of(kTextFields))};
    }
  }

  std::mt19937 random_;
  const Vocabulary vocabulary_;
};

}  // namespace pams::test
