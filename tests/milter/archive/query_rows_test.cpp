/// Random queries over random messages find the rows that a slow reading of the query finds.
#include <set>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/query/kql.hpp"
#include "rules/query/print.hpp"
#include "tests/milter/archive/mail_of_words.hpp"
#include "tests/milter/archive/two_messages.hpp"
#include "tests/rules/query/random_query.hpp"

using namespace pams;
using namespace pams::test;
using query::Field;

namespace {

std::vector<std::string> words_of(const std::vector<std::string>& items) {
  std::vector<std::string> out;
  for (const auto& item : items) {
    const auto& words = kWords.at(item);
    out.insert(out.end(), words.begin(), words.end());
  }
  return out;
}

std::vector<std::string> plain_words(std::string text) {
  std::vector<std::string> out;
  for (char& c : text) c = text::is_alnum(c) ? text::lower(c) : ' ';
  for (const auto word : text::split(text, ' '))
    if (!word.empty()) out.emplace_back(word);
  return out;
}

/// Where `phrase` begins in `text`.
std::vector<std::size_t> places(const std::vector<std::string>& text, const std::vector<std::string>& phrase,
                                bool is_prefix) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at + phrase.size() <= text.size(); ++at) {
    bool is_there = true;
    for (std::size_t i = 0; i < phrase.size(); ++i)
      is_there = is_there && (is_prefix && i + 1 == phrase.size() ? text[at + i].starts_with(phrase[i])
                                                                  : text[at + i] == phrase[i]);
    if (is_there) out.push_back(at);
  }
  return out;
}

/// The slow reading.
class Reader {
 public:
  explicit Reader(const MailOfWords& mail) : mail_(mail) {}

  bool matches(const query::Query& query) const {
    return std::visit(
        overloaded{[&](const query::Words& words) { return matches(words); },
                   [&](const query::Near& near) { return matches(near); },
                   [&](const query::Range& range) {
                     const auto value = range.field == Field::Size ? mail_.size
                                        : range.field == Field::Received
                                            ? mail_.received
                                            : mail_.date.value_or(mail_.received);
                     return range.least <= value && value <= range.maximum;
                   },
                   [&](const query::HasAttachment&) { return mail_.has_attachment(); },
                   [&](query::Importance importance) { return mail_.importance == importance; },
                   [](const query::IsEmail&) { return true; },
                   [&](const query::And& all) {
                     return std::ranges::all_of(all.parts, [&](const auto& one) { return matches(*one); });
                   },
                   [&](const query::Or& any) {
                     return std::ranges::any_of(any.parts, [&](const auto& one) { return matches(*one); });
                   },
                   [&](const query::Not& negated) { return !matches(*negated.part); }},
        query.node);
  }

 private:
  std::vector<Text> texts_of(Field field) const {
    switch (field) {
      case Field::Subject:
        return {mail_.subject};
      case Field::Body:
        return {mail_.body};
      case Field::Attachment:
        return {mail_.attached, mail_.attachment_name};
      case Field::AttachmentNames:
        return {mail_.attachment_name};
      case Field::Category:
        return {mail_.category};
      case Field::Any:
        return {mail_.subject, mail_.body, mail_.attached, mail_.attachment_name, mail_.category};
      default:
        return {};
    }
  }
  std::vector<std::size_t> people_of(Field field) const {
    auto sender = std::vector<std::size_t>{mail_.from, mail_.envelope_from};
    const auto recipients = mail_.recipients();
    switch (field) {
      case Field::From:
        return sender;
      case Field::Cc:
        return mail_.cc;
      case Field::Bcc:
        return mail_.blind;
      case Field::To:
      case Field::Recipients:
        return recipients;
      case Field::Any:
      case Field::Participants:
        sender.insert(sender.end(), recipients.begin(), recipients.end());
        return sender;
      default:
        return {};
    }
  }
  /// Who is in the envelope only has no name.
  bool is_named(std::size_t person, Field field) const {
    const bool as_sender =
        (field == Field::From || field == Field::Any || field == Field::Participants) && person == mail_.from;
    const auto is_in = [&](const std::vector<std::size_t>& all) {
      return std::ranges::count(all, person) > 0;
    };
    const bool as_recipient = field != Field::From && field != Field::Bcc &&
                              (is_in(mail_.cc) || (field != Field::Cc && is_in(mail_.to)));
    return as_sender || as_recipient;
  }

  bool matches(const query::Words& words) const {
    if (words.field == Field::MessageId) {
      const auto bare = text::trim(mail_.id, "<>");
      return words.is_prefix ? bare.starts_with(words.text) : bare == words.text;
    }
    for (const auto person : people_of(words.field))
      if (is_asked_for(person, words)) return true;
    if (std::ranges::count(kAsked, words.text) > 0) return false;
    const auto phrase = words_of(parts_of(words.text));
    return std::ranges::any_of(texts_of(words.field), [&](const Text& text) {
      return !places(words_of(text), phrase, words.is_prefix).empty();
    });
  }
  bool is_asked_for(std::size_t person, const query::Words& words) const {
    const auto address = text::to_lower(kPeople[person].address), asked = text::to_lower(words.text);
    if (const auto sign = asked.find('@'); sign != std::string::npos) {
      const auto whole = sign == 0 ? address.substr(address.find('@')) : address;
      return words.is_prefix ? whole.starts_with(asked) : whole == asked;
    }
    if (std::ranges::count(kAsked, words.text) == 0) return false;
    std::vector<std::vector<std::string>> texts{plain_words(address)};
    if (is_named(person, words.field)) texts.push_back(plain_words(kPeople[person].name));
    return std::ranges::any_of(
        texts, [&](const auto& text) { return !places(text, plain_words(asked), words.is_prefix).empty(); });
  }
  static std::vector<std::string> parts_of(const std::string& phrase) {
    std::vector<std::string> out;
    for (const auto part : text::split(phrase, ' ')) out.emplace_back(part);
    return out;
  }
  bool matches(const query::Near& near) const {
    const auto first = words_of(parts_of(near.first.text)), second = words_of(parts_of(near.second.text));
    for (const auto& items : texts_of(near.first.field)) {
      const auto text = words_of(items);
      for (const auto a : places(text, first, near.first.is_prefix))
        for (const auto b : places(text, second, near.second.is_prefix)) {
          if (b >= a + first.size() && b - (a + first.size()) <= near.distance) return true;
          if (!near.is_ordered && a >= b + second.size() && a - (b + second.size()) <= near.distance)
            return true;
        }
    }
    return false;
  }

  const MailOfWords& mail_;
};

constexpr std::int64_t kStart = 1795737600;  // 2026-11-27T00:00:00Z

struct ManyMessages : TwoMessages {
  std::vector<MailOfWords> mails;
  RandomQueries::Vocabulary vocabulary;

  Text text_of(RandomQueries& random, std::size_t longest) const {
    Text text;
    for (auto words = random.below(longest + 1); words > 0; --words)
      text.push_back(random.one_of(vocabulary.words));
    return text;
  }
  std::vector<std::size_t> people(RandomQueries& random) const {
    std::set<std::size_t> some;
    for (auto more = random.below(3); more > 0; --more) some.insert(random.below(kPeople.size()));
    return {some.begin(), some.end()};
  }
  MailOfWords mail(RandomQueries& random, std::size_t number) const {
    MailOfWords out;
    out.from = random.below(kPeople.size());
    out.envelope_from = random.below(3) == 0 ? random.below(kPeople.size()) : out.from;
    out.to = people(random);
    out.cc = people(random);
    for (const auto one : people(random))
      if (std::ranges::count(out.to, one) + std::ranges::count(out.cc, one) == 0) out.blind.push_back(one);
    out.subject = text_of(random, 4);
    out.body = text_of(random, 12);
    if (random.below(3) == 0) {
      out.attachment_name = {random.one_of(vocabulary.words)};
      out.attached = text_of(random, 3);
    }
    out.category = text_of(random, 2);
    out.received = kStart + static_cast<std::int64_t>(random.below(4));
    if (random.below(4) > 0) out.date = kStart + static_cast<std::int64_t>(random.below(4));
    out.importance = static_cast<query::Importance>(random.below(3));
    out.id = "<" + std::to_string(number) + "@x>";
    return out;
  }

  ManyMessages() {
    for (const auto& [item, words] : kWords) vocabulary.words.push_back(item);
    vocabulary.people = kAsked;
    for (int i = 0; i < 5; ++i) {
      vocabulary.ids.push_back(std::to_string(i * 7) + "@x");
      vocabulary.times.push_back(kStart + i);
      vocabulary.sizes.push_back(250 + i * 60);
    }
    vocabulary.ids.emplace_back("1");
    archive::DirectoryArchive archive(settings);
    RandomQueries random(1, vocabulary);
    // The fixture's own two messages are taken out of each answer.
    for (std::size_t i = 0; i < 60; ++i) {
      auto one = mail(random, i);
      const auto eml = eml_of(one);
      Envelope envelope{kPeople[one.envelope_from].address, {"nobody@elsewhere.example"}};
      for (const auto person : one.recipients()) envelope.recipients.push_back(kPeople[person].address);
      time = std::chrono::sys_seconds{std::chrono::seconds{one.received}};
      keep(archive, eml, envelope);
      one.size = static_cast<std::int64_t>(message(eml).wire_size());
      mails.push_back(std::move(one));
    }
  }

  std::string slowly(const query::Query& query) const {
    std::string out;
    for (std::size_t i = 0; i < mails.size(); ++i)
      if (Reader(mails[i]).matches(query)) out += (out.empty() ? "" : ",") + std::to_string(i + 3);
    return out;
  }
  std::string quickly(archive::ArchiveDatabase& rows_, archive::SearchIndex& index,
                      const std::string& kql) const {
    const auto parsed = query::parse_query(kql, std::nullopt);
    BOOST_TEST_REQUIRE(parsed.has_value(), kql << (parsed ? "" : parsed.error().what));
    std::string out;
    const auto numbers = archive::search(rows_, index, **parsed, archive::Unreadable::NoMatch).value();
    for (const auto number : numbers)
      if (number > 2) out += (out.empty() ? "" : ",") + std::to_string(number);
    return out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(query_rows, ManyMessages)

BOOST_AUTO_TEST_CASE(every_query_finds_the_rows_that_a_slow_reading_finds) {
  BOOST_TEST_REQUIRE(find("kind:email").size() > 100U);  // all are indexed
  auto rows_ = database();
  auto index = archive::SearchIndex::open(settings.path, sqlite::Access::ReadOnly).value();
  RandomQueries random(20261128, vocabulary);
  std::size_t mixed = 0;
  for (int i = 0; i < 1500; ++i) {
    const auto tree = random.next(i % 4);
    const auto kql = query::to_kql(*tree);
    const auto expected = slowly(*tree);
    if (!expected.empty() && expected != slowly({query::IsEmail{}})) ++mixed;
    BOOST_TEST_REQUIRE(quickly(rows_, index, kql) == expected,
                       kql << "\nfound    " << quickly(rows_, index, kql) << "\nexpected " << expected);
  }
  BOOST_TEST(mixed > 700U);  // neither none nor all
}

BOOST_AUTO_TEST_SUITE_END()
