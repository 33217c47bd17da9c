#include "rules/query/kql.hpp"

#include <limits>

#include <boost/test/unit_test.hpp>

#include "rules/base/overloaded.hpp"

using namespace pams;
using namespace pams::query;

namespace {

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

/// The tree in one line: "(and from:anna (not range:sent 0 5))".
std::string show(const Query& query) {
  const auto list = [](const char* name, const std::vector<QueryPtr>& parts) {
    std::string out = std::string("(") + name;
    for (const auto& part : parts) out += " " + show(*part);
    return out + ")";
  };
  static constexpr const char* kNames[] = {"any",        "from",      "to",   "subject", "body",
                                           "attachment", "messageid", "sent", "size"};
  return std::visit(
      overloaded{
          [](const Words& w) {
            return std::string(kNames[static_cast<int>(w.field)]) + ":" + w.text + (w.is_prefix ? "*" : "");
          },
          [](const Range& r) {
            return std::string(kNames[static_cast<int>(r.field)]) + "[" + std::to_string(r.least) + ".." +
                   (r.maximum == kMax ? "" : std::to_string(r.maximum)) + "]";
          },
          [](const HasAttachment&) { return std::string("has"); },
          [&](const And& a) { return list("and", a.parts); },
          [&](const Or& o) { return list("or", o.parts); },
          [](const Not& n) { return "(not " + show(*n.part) + ")"; },
      },
      query.node);
}

std::string read(std::string_view text) {
  const auto query = parse_query(text);
  return query ? show(**query) : query.error().what;
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

BOOST_AUTO_TEST_CASE(operators_are_capitals) {
  BOOST_TEST(read("salt and pepper") == "(and any:salt any:and any:pepper)");
  BOOST_TEST(read("ANDes NOTary") == "(and any:ANDes any:NOTary)");
}

BOOST_AUTO_TEST_CASE(fields_ignore_case_and_take_phrases_and_prefixes) {
  BOOST_TEST(read("FROM:anna@example.org") == "from:anna@example.org");
  BOOST_TEST(read("subject:\"annual report\"") == "subject:annual report");
  BOOST_TEST(read("to:bo* attachment:pdf body:x messageid:<1@x>") ==
             "(and to:bo* attachment:pdf body:x messageid:<1@x>)");
  BOOST_TEST(read("has:attachment") == "has");
  BOOST_TEST(read("\"from:anna\"") == "any:from:anna");
}

BOOST_AUTO_TEST_CASE(a_day_lasts_from_its_first_to_its_last_second_in_utc) {
  BOOST_TEST(read("sent:1970-01-01") == "sent[0..86399]");
  BOOST_TEST(read("sent:1970-01-01..1970-01-02") == "sent[0..172799]");
  BOOST_TEST(read("sent:>=1970-01-02") == "sent[86400..]");
  BOOST_TEST(read("sent:>1970-01-01") == "sent[86400..]");
  BOOST_TEST(read("sent:<1970-01-02") == "sent[0..86399]");
  BOOST_TEST(read("sent:<=1970-01-02") == "sent[0..172799]");
}

BOOST_AUTO_TEST_CASE(sizes_have_units) {
  BOOST_TEST(read("size:>1MB") == "size[1048577..]");
  BOOST_TEST(read("size:\"10 KB\"..20KB").find("query:") == 0U);
  BOOST_TEST(read("size:10..20") == "size[10..20]");
  BOOST_TEST(read("size:>9223372036854775807").find("query:") == 0U);
  BOOST_TEST(read("size:20..10").find("query:") == 0U);
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused_with_the_reason) {
  BOOST_TEST(read("") == "query: a word or field:value is missing at the end");
  BOOST_TEST(read("a AND") == "query: something must follow AND");
  BOOST_TEST(read("AND a") == "query: something must stand in front of AND");
  BOOST_TEST(read("a AND OR b").find("query:") == 0U);
  BOOST_TEST(read("a OR OR b").find("query:") == 0U);
  BOOST_TEST(read("(a").find("parenthesis") != std::string::npos);
  BOOST_TEST(read("a)").find("unexpected ')' at column 2") != std::string::npos);
  BOOST_TEST(read("\"a").find("quote") != std::string::npos);
  BOOST_TEST(read("form:a").find("did you mean 'from:'") != std::string::npos);
  BOOST_TEST(read("subject:").find("empty value") != std::string::npos);
  BOOST_TEST(read("*").find("empty value") != std::string::npos);
  BOOST_TEST(read("sent:yesterday").find("is no day") != std::string::npos);
  BOOST_TEST(read("sent:2026-02-30").find("is no day") != std::string::npos);
  BOOST_TEST(read("has:link").find("has:attachment") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_short_and_harmless_to_a_terminal_whatever_was_asked) {
  for (const std::string field : {"sent:", "size:", "has:", "form\x1B[2J:", "\x1B[2J:"}) {
    const auto said = read(field + "\x1B[2J" + std::string(2000, 'x'));
    BOOST_TEST(said.starts_with("query: "), field);
    BOOST_TEST(said.find('\x1B') == std::string::npos, field);
    BOOST_TEST(said.size() < 1000U, field);
  }
}

BOOST_AUTO_TEST_CASE(depth_and_length_are_bounded) {
  BOOST_TEST(parse_query(std::string(100, '(') + "a" + std::string(100, ')')).has_value());
  BOOST_TEST(!parse_query(std::string(101, '(') + "a" + std::string(101, ')')).has_value());
  BOOST_TEST(!parse_query(std::string(9000, 'a')).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
