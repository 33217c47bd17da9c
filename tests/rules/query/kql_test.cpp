/// What a query means, as the tree that it becomes, and where it is wrong.
#include "rules/query/kql.hpp"

#include <boost/test/unit_test.hpp>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/query/property.hpp"

using namespace pams;
using namespace pams::query;

namespace {

/// A Saturday.
constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} + std::chrono::hours{10};

std::string show(const Words& words) { return words.text + (words.is_prefix ? "*" : ""); }

std::string show(const Range& range) {
  const auto end = [](std::int64_t n) {
    return n == kNoLeast || n == kNoMaximum ? std::string() : std::to_string(n);
  };
  return std::string(name_of(range.field)) + "[" + end(range.least) + ".." + end(range.maximum) + "]";
}

/// The tree in one line: "(and from:anna (not size[5..]))".
std::string show(const Query& query) {
  const auto list = [](const char* name, const std::vector<QueryPtr>& parts) {
    std::string out = std::string("(") + name;
    for (const auto& part : parts) out += " " + show(*part);
    return out + ")";
  };
  const auto named = [](Field field) {
    return field == Field::Any ? std::string("any:") : std::string(name_of(field)) + ":";
  };
  return std::visit(overloaded{
                        [&](const Words& w) { return named(w.field) + show(w); },
                        [&](const Near& n) {
                          return std::string(n.is_ordered ? "(onear " : "(near ") +
                                 std::to_string(n.distance) + " " + named(n.first.field) + show(n.first) +
                                 " " + show(n.second) + ")";
                        },
                        [](const Range& r) { return show(r); },
                        [](const HasAttachment&) { return std::string("attachment"); },
                        [](Importance i) { return "importance" + std::to_string(static_cast<int>(i)); },
                        [](const IsEmail&) { return std::string("email"); },
                        [&](const And& a) { return list("and", a.parts); },
                        [&](const Or& o) { return list("or", o.parts); },
                        [](const Not& n) { return "(not " + show(*n.part) + ")"; },
                    },
                    query.node);
}

std::string read(std::string_view text) {
  const auto query = parse_query(text, kNow);
  return query ? show(**query) : query.error().what;
}

/// A refusal that says `said` and whose caret stands under the byte `column` (from 0; ASCII).
void expect_refused(const std::string& text, std::size_t column, std::string_view said) {
  const auto query = parse_query(text, kNow);
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST_REQUIRE(!query.has_value(), (query ? show(**query) : ""));
    BOOST_TEST((query.error().failure == Failure::Refused));
    const auto lines = text::split(query.error().what, '\n');
    BOOST_TEST_REQUIRE(lines.size() == 3U);
    BOOST_TEST(lines[0].starts_with("query: "));
    BOOST_TEST(lines[0].find(said) != std::string_view::npos, lines[0]);
    BOOST_TEST(lines[1] == "  " + text);
    BOOST_TEST(lines[2] == std::string(2 + column, ' ') + "^");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kql)

BOOST_AUTO_TEST_CASE(a_blank_means_and_which_binds_tighter_than_or) {
  BOOST_TEST(read("a b") == "(and any:a any:b)");
  BOOST_TEST(read("a AND b OR c d") == "(or (and any:a any:b) (and any:c any:d))");
  BOOST_TEST(read("a (b OR c)") == "(and any:a (or any:b any:c))");
  BOOST_TEST(read("a NOT b") == "(and any:a (not any:b))");
  BOOST_TEST(read("NOT(a b)") == "(not (and any:a any:b))");
  BOOST_TEST(read("NOT NOT a") == "any:a");
}

BOOST_AUTO_TEST_CASE(a_sign_in_front_of_a_word_takes_it_in_or_out) {
  BOOST_TEST(read("phoenix -merger") == "(and any:phoenix (not any:merger))");
  BOOST_TEST(read("-\"a b\" -(c OR d) -from:ann") ==
             "(and (not any:a b) (not (or any:c any:d)) (not from:ann))");
  BOOST_TEST(read("+a +b") == "(and any:a any:b)");
  BOOST_TEST(read("a OR -b") == "(or any:a (not any:b))");
  BOOST_TEST(read("e-mail") == "any:e-mail");
  expect_refused("phoenix - merger", 8, "-word");
  expect_refused("a + b", 2, "+word");
  expect_refused("a --b", 2, "-word");
  expect_refused("+-b", 0, "+word");
  expect_refused("phoenix \xE2\x80\x93merger", 8, "write - or NOT");
}

BOOST_AUTO_TEST_CASE(an_operator_in_small_letters_is_refused_and_a_word_stands_in_quotes) {
  expect_refused("salt and pepper", 5, "capitals: AND; the word stands in quotes: \"and\"");
  expect_refused("salt Or pepper", 5, "capitals: OR");
  expect_refused("not pepper", 0, "capitals: NOT");
  expect_refused("best near(5) worst", 5, "capitals: NEAR");
  expect_refused("subject:(a or b)", 11, "capitals: OR");
  BOOST_TEST(read("salt \"and\" pepper") == "(and any:salt any:and any:pepper)");
  BOOST_TEST(read("ANDes NOTary nearby subject:and") == "(and any:ANDes any:NOTary any:nearby subject:and)");
}

BOOST_AUTO_TEST_CASE(every_text_property_takes_every_operator_that_texts_have) {
  for (const std::string name : {"from", "to", "cc", "bcc", "recipients", "participants", "subject", "body",
                                 "attachment", "attachmentnames", "category", "messageid"}) {
    BOOST_TEST(read(name + ":phoenix") == name + ":phoenix");
    BOOST_TEST(read(name + "=phoenix") == name + ":phoenix");
    BOOST_TEST(read(name + "<>phoenix") == "(not " + name + ":phoenix)");
    BOOST_TEST(read(name + ":phoe*") == name + ":phoe*");
    BOOST_TEST(read(name + ":\"annual report\"") == name + ":annual report");
    BOOST_TEST(read(name + ":(a OR b -c)") ==
               "(or " + name + ":a (and " + name + ":b (not " + name + ":c)))");
    for (const std::string op : {"<", ">", "<=", ">="})
      expect_refused(name + op + "a", name.size() + op.size(), "no order");
    if (name != "messageid") expect_refused(name + ":a..b", name.size() + 2, "no ranges");
  }
  BOOST_TEST(read("FROM:anna@example.org messageid:<1..2@x>") ==
             "(and from:anna@example.org messageid:<1..2@x>)");
  BOOST_TEST(read("\"from:anna\"") == "any:from:anna");
  BOOST_TEST(read("subject:\"a..b\"") == "subject:a..b");
}

BOOST_AUTO_TEST_CASE(every_time_and_size_takes_every_operator) {
  for (const std::string name : {"sent", "received"}) {
    BOOST_TEST(read(name + ":1970-01-01") == name + "[0..86399]");
    BOOST_TEST(read(name + "=1970-01-01") == name + "[0..86399]");
    BOOST_TEST(read(name + "<>1970-01-01") == "(not " + name + "[0..86399])");
    BOOST_TEST(read(name + ":1970-01-01..1970-01-02") == name + "[0..172799]");
    BOOST_TEST(read(name + "=1970-01-01..1970-01-02") == name + "[0..172799]");
    for (const std::string op : {"", ":"}) {
      BOOST_TEST(read(name + op + ">=1970-01-02") == name + "[86400..]");
      BOOST_TEST(read(name + op + ">1970-01-01") == name + "[86400..]");
      BOOST_TEST(read(name + op + "<1970-01-02") == name + "[..86399]");
      BOOST_TEST(read(name + op + "<=1970-01-02") == name + "[..172799]");
    }
    BOOST_TEST(read(name + ":(1970-01-01 OR >=1970-01-03)") ==
               "(or " + name + "[0..86399] " + name + "[172800..])");
  }
  BOOST_TEST(read("size>20000") == "size[20001..]");
  BOOST_TEST(read("size:>1MB") == "size[1048577..]");
  BOOST_TEST(read("size:1..1048567") == "size[1..1048567]");
  BOOST_TEST(read("size<>5") == "(not size[5..5])");
  BOOST_TEST(read("size<\"10 KB\"") == "size[..10239]");
  BOOST_TEST(read("size:\"1 KB\"..\"2 KB\"") == "size[1024..2048]");
}

BOOST_AUTO_TEST_CASE(a_time_may_have_a_zone_and_is_utc_without_one) {
  BOOST_TEST(read("sent:1970-01-01T00:01:40") == "sent[100..100]");
  BOOST_TEST(read("sent:1970-01-01T00:01:40Z") == "sent[100..100]");
  BOOST_TEST(read("sent:1970-01-01T01:01:40+01:00") == "sent[100..100]");
  BOOST_TEST(read("sent:1969-12-31T23:01:40-01:00") == "sent[100..100]");
  BOOST_TEST(read("sent:1970-01-01T00:01") == "sent[60..119]");
  BOOST_TEST(read("sent>1970-01-01T00:01") == "sent[120..]");
  for (const std::string wrong :
       {"1970-01-01T24:00", "1970-01-01T00:60", "1970-01-01T00:00:00.5", "1970-01-01T00",
        "1970-01-01T00:00+1", "2026-02-30", "2026-13-01", "26-01-01", "2026", "2026-01",
        "0000-01-01T00:00+01:00", "tomorrow", "1970-01-01T00:00:00ZZ"})
    expect_refused("sent:" + wrong, 5, "is no time");
}

BOOST_AUTO_TEST_CASE(intervals_have_names) {
  const auto days = [](int first_month, int first_day, int last_month, int last_day, int in_year = 2026) {
    using namespace std::chrono;
    const auto second = [&](int m, int d) {
      return sys_seconds{sys_days{year{in_year} / m / d}}.time_since_epoch().count();
    };
    return "received[" + std::to_string(second(first_month, first_day)) + ".." +
           std::to_string(second(last_month, last_day) + 86399) + "]";
  };
  BOOST_TEST(read("received:today") == days(11, 28, 11, 28));
  BOOST_TEST(read("received=TODAY") == days(11, 28, 11, 28));
  BOOST_TEST(read("received:yesterday") == days(11, 27, 11, 27));
  BOOST_TEST(read("received:\"this week\"") == days(11, 23, 11, 29));
  BOOST_TEST(read("received:\"last week\"") == days(11, 16, 11, 22));
  BOOST_TEST(read("received:\"this month\"") == days(11, 1, 11, 30));
  BOOST_TEST(read("received:\"last month\"") == days(10, 1, 10, 31));
  BOOST_TEST(read("received:\"this year\"") == days(1, 1, 12, 31));
  BOOST_TEST(read("received:\"last year\"") == days(1, 1, 12, 31, 2025));
  BOOST_TEST(read("received:\"last week\"..today") == days(11, 16, 11, 28));
  BOOST_TEST(read("received<yesterday") ==
             "received[.." + std::to_string(1795737599) + "]");  // 2026-11-26T23:59:59Z
  const auto kept = parse_query("received:today", std::nullopt);
  BOOST_TEST((!kept && kept.error().what.find("stays") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_day_as_americans_write_it_is_taken_where_it_can_be_no_other) {
  BOOST_TEST(read("sent:01/31/1970") == "sent[2592000..2678399]");
  BOOST_TEST(read("sent:1/1/1970..02/02/1970") == "sent[0..2851199]");
  expect_refused("sent>=06/01/2026", 6, "2026-06-01 or 2026-01-06");
  expect_refused("sent:31/01/2026", 5, "write 2026-01-31");
  expect_refused("sent:31/31/2026", 5, "is no day");
  expect_refused("sent:1/2", 5, "is no day");
}

BOOST_AUTO_TEST_CASE(what_has_few_values_takes_those) {
  BOOST_TEST(read("has:attachment") == "attachment");
  BOOST_TEST(read("hasattachment:true") == "attachment");
  BOOST_TEST(read("hasattachment=False") == "(not attachment)");
  BOOST_TEST(read("hasattachment<>true") == "(not attachment)");
  BOOST_TEST(read("importance:high") == "importance2");
  BOOST_TEST(read("importance:(medium OR low)") == "(or importance1 importance0)");
  BOOST_TEST(read("importance<>normal") == "(not importance1)");
  BOOST_TEST(read("kind:email") == "email");
  expect_refused("has:link", 0, "has:attachment");
  expect_refused("hasattachment:1", 14, "true or false");
  expect_refused("importance:urgent", 11, "high, medium or low");
  expect_refused("importance>low", 11, "no order");
  expect_refused("kind:im", 5, "all that an archive of mail has");
  expect_refused("hasattachment:true..false", 14, "true or false");
}

BOOST_AUTO_TEST_CASE(restrictions_of_one_property_side_by_side_mean_or) {
  BOOST_TEST(read("from:ann from:bob") == "(or from:ann from:bob)");
  BOOST_TEST(read("from:ann subject:x from:bob") == "(and (or from:ann from:bob) subject:x)");
  BOOST_TEST(read("from:ann AND from:bob") == "(and from:ann from:bob)");
  BOOST_TEST(read("from:ann +from:bob -from:eve") == "(and from:ann from:bob (not from:eve))");
  BOOST_TEST(read("from:ann to:bob") == "(and from:ann to:bob)");
  BOOST_TEST(read("sent:1970-01-01 sent:1970-01-02") == "(or sent[0..86399] sent[86400..172799])");
  BOOST_TEST(read("subject:(a b)") == "(and subject:a subject:b)");
  BOOST_TEST(read("a b a") == "(and any:a any:b any:a)");
  // The union of these is nearly everything, and nobody means that.
  expect_refused("sent>=2026-01-01 sent<=2026-03-31", 17, "write AND or OR");
  expect_refused("size:>1 size:<9", 8, "write AND or OR");
  expect_refused("from<>ann from<>bob", 10, "write AND or OR");
  expect_refused("sent:(2026-01-01 2026-02-01)", 17, "write AND or OR");
}

BOOST_AUTO_TEST_CASE(near_joins_two_words_or_phrases) {
  BOOST_TEST(read("a NEAR b") == "(near 8 any:a b)");
  BOOST_TEST(read("a NEAR(5) \"b c\"") == "(near 5 any:a b c)");
  BOOST_TEST(read("a* ONEAR(n=0) b*") == "(onear 0 any:a* b*)");
  BOOST_TEST(read("x a NEAR b OR -c NEAR d") == "(or (and any:x (near 8 any:a b)) (not (near 8 any:c d)))");
  BOOST_TEST(read("subject:(a NEAR(2) b)") == "(near 2 subject:a b)");
  expect_refused("a NEAR", 6, "is missing");
  expect_refused("NEAR a", 0, "in front of NEAR");
  expect_refused("a NEAR(x) b", 6, "a number");
  expect_refused("a NEAR(1001) b", 6, "a number");
  expect_refused("a NEAR(5 b", 6, "a number");
  expect_refused("a NEAR(5", 6, "a number");
  expect_refused("from:a NEAR b", 0, "between two words or phrases");
  expect_refused("a NEAR (b OR c)", 7, "between two words or phrases");
  expect_refused("a NEAR b NEAR c", 9, "joins two");
}

BOOST_AUTO_TEST_CASE(a_star_ends_a_word) {
  BOOST_TEST(read("cat*") == "any:cat*");
  BOOST_TEST(read("\"advanced sear*\"") == "any:advanced sear*");
  BOOST_TEST(read("\"advanced sear\"*") == "any:advanced sear*");
  expect_refused("*cat", 0, "can only end a word");
  expect_refused("subject:c*t", 9, "can only end a word");
  expect_refused("\"advan* search\"", 6, "can only end a word");
  expect_refused("*", 0, "right after a word");
  expect_refused("cat.*", 4, "right after a word");
  expect_refused("c?t", 1, "no wildcard");
  BOOST_TEST(read("really?") == "any:really?");
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused_under_a_caret) {
  expect_refused("", 0, "is missing");
  expect_refused("a AND", 5, "must follow AND");
  expect_refused("AND a", 0, "in front of AND");
  expect_refused("a AND OR b", 6, "must follow AND");
  expect_refused("a OR OR b", 5, "in front of OR");
  expect_refused("a (b OR c", 2, "nothing closes");
  expect_refused("a)", 1, "nothing opens");
  expect_refused("()", 1, "is missing");
  expect_refused("a \"b", 2, "closing quote");
  expect_refused("\"a\"b", 3, "blank is missing after the quote");
  expect_refused("a\"b\"", 1, "blank is missing in front of the quote");
  expect_refused("a NOT\"b\"", 2, "blank is missing after NOT");
  expect_refused("form:a", 0, "did you mean 'from'?");
  expect_refused("x isread:true", 2, "no property 'isread'");
  expect_refused("http://example.org", 0, "a text stands in quotes");
  expect_refused("a<5", 0, "no property 'a'");
  expect_refused("subject:", 8, "a value must stand right here");
  expect_refused("subject: x", 8, "a value must stand right here");
  expect_refused("subject :x", 8, "a property's name must stand right in front");
  expect_refused("sent >= 2026-01-01", 5, "a property's name must stand right in front");
  expect_refused("subject:+++", 8, "no letter or digit");
  expect_refused("subject:(from:x)", 9, "no other property");
  expect_refused("sent>=(2026-01-01)", 6, "in front of a parenthesis");
  expect_refused("sent=>2026-01-01", 5, "is no time");
  expect_refused("sent::2026-01-01", 5, "is no time");
  expect_refused("sent>=2026-01-01..2026-02-01", 16, "a range stands after");
  expect_refused("sent:2026-01-01..", 17, "the range's end is missing");
  expect_refused("sent:2026-02-01..2026-01-01", 5, "ends before it begins");
  expect_refused("size:20..10", 5, "ends before it begins");
  expect_refused("size:5\"", 6, "a blank is missing");
  expect_refused("size:-1", 5, "is no size");
  expect_refused("size:>9223372036854775807", 6, "larger");
  expect_refused("WORDS(TV, Television)", 0, "WORDS is not supported");
  expect_refused("a XRANK(cb=100) b", 2, "XRANK is not supported");
  BOOST_TEST(read("12:30 WORDS") == "(and any:12:30 any:WORDS)");
}

BOOST_AUTO_TEST_CASE(signs_that_programs_put_in_place_of_others_are_seen) {
  expect_refused(
      "subject:\xE2\x80\x9C"
      "annual report\xE2\x80\x9D",
      8, "straight ones");
  BOOST_TEST(read("a\xC2\xA0"
                  "AND\xE3\x80\x80"
                  "b") == "(and any:a any:b)");
}

BOOST_AUTO_TEST_CASE(a_caret_stands_under_its_place_whatever_the_letters_are) {
  const auto wide = read("\xE4\xBC\x9A\xE8\xAD\xB0 e\xCC\x81 and x");
  BOOST_TEST(wide.substr(wide.rfind('\n') + 1) == std::string(2 + 7, ' ') + "^");
  const auto cut = read(std::string(3000, 'a') + " and " + std::string(3000, 'b'));
  BOOST_TEST(cut.size() < 400U);
  const auto lines = text::split(cut, '\n');
  BOOST_TEST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(lines[1].substr(lines[2].find('^'), 4) == "and ");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_short_and_harmless_to_a_terminal_whatever_was_asked) {
  for (const std::string field :
       {"sent:", "size:", "has:", "form\x1B[2J:", "\x1B[2J:", "a and \n", "kind:"}) {
    const auto said = read(field + "\x1B[2J" + std::string(2000, 'x'));
    BOOST_TEST(said.starts_with("query: "), field);
    BOOST_TEST(said.find('\x1B') == std::string::npos, field);
    BOOST_TEST(said.size() < 1000U, field);
    BOOST_TEST(std::ranges::count(said, '\n') == 2, field);
  }
}

BOOST_AUTO_TEST_CASE(depth_and_length_are_bounded) {
  const auto nested = [](std::size_t depth) {
    return parse_query(std::string(depth, '(') + "a" + std::string(depth, ')'), kNow).has_value();
  };
  BOOST_TEST(nested(100));
  BOOST_TEST(!nested(101));
  BOOST_TEST(!parse_query(std::string(9000, 'a'), kNow).has_value());
  std::string negations;
  for (int i = 0; i < 1000; ++i) negations += "NOT ";
  BOOST_TEST(parse_query(negations + "a", kNow).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
