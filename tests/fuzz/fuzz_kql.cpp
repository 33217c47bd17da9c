// Promise: a question of any bytes is refused with a reason or understood, and what was understood, written
// out again, is understood alike.
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/query/kql.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace pams::query;
using pams::fuzz::promise;

namespace {

constexpr auto kUnbounded = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDay = 86400;

std::string prefix_of(Field field) {
  switch (field) {
    case Field::Any:
      return "";
    case Field::From:
      return "from:";
    case Field::To:
      return "to:";
    case Field::Subject:
      return "subject:";
    case Field::Body:
      return "body:";
    case Field::Attachment:
      return "attachment:";
    case Field::MessageId:
      return "messageid:";
    case Field::Sent:
      return "sent:";
    case Field::Size:
      return "size:";
    case Field::HasAttachment:
      break;
  }
  return "has:";
}

/// "2026-11-27"; a year before 0 has its sign in place of a digit, as the parser reads it.
std::string day(std::int64_t seconds) {
  using namespace std::chrono;
  const year_month_day date{floor<days>(sys_seconds(std::chrono::seconds(seconds)))};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::string print(const Range& range) {
  const auto prefix = prefix_of(range.field);
  if (range.field == Field::Size) {
    if (range.maximum == -1) return prefix + "<0";
    const auto least = std::to_string(range.least);
    return prefix +
           (range.maximum == kUnbounded ? ">=" + least : least + ".." + std::to_string(range.maximum));
  }
  if (range.maximum == kUnbounded) return prefix + ">" + day(range.least - kDay);
  if (range.least == 0) return prefix + "<=" + day(range.maximum);
  return prefix + day(range.least) + ".." + day(range.maximum);
}

/// How strongly a node holds its parts together: 0 OR, 1 AND, 2 NOT, 3 a term.
std::size_t rank(const Query& query) {
  return std::visit(pams::overloaded{[](const Or&) { return 0U; }, [](const And&) { return 1U; },
                                     [](const Not&) { return 2U; }, [](const auto&) { return 3U; }},
                    query.node);
}

std::string print(const Query& query);

/// In parentheses unless it binds more strongly than what stands around it.
std::string inner(const Query& query, std::size_t around) {
  return rank(query) > around ? print(query) : "(" + print(query) + ")";
}

std::string joined(const std::vector<QueryPtr>& parts, const char* by, std::size_t around) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : by) + inner(*part, around);
  return out;
}

std::string print(const Query& query) {
  return std::visit(pams::overloaded{
                        [](const Words& words) {
                          return prefix_of(words.field) + '"' + words.text + (words.is_prefix ? "*\"" : "\"");
                        },
                        [](const Range& range) { return print(range); },
                        [](const HasAttachment&) { return std::string("has:attachment"); },
                        [](const And& all) { return joined(all.parts, " AND ", 1); },
                        [](const Or& any) { return joined(any.parts, " OR ", 0); },
                        [](const Not& negated) { return "NOT " + inner(*negated.part, 2); },
                    },
                    query.node);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto query = parse_query(pams::fuzz::text_of(data, size));
  if (!query) {
    promise(query.error().what.starts_with("query: "), "a refusal says of what");
    const auto& what = query.error().what;
    promise(what.size() <= 1000, "a refusal is short");
    promise(what == pams::text::printable(what, what.size()), "a refusal is harmless to a terminal");
    return 0;
  }
  const auto printed = print(**query);
  if (printed.size() > 8192) return 0;  // quotes make it longer than a question may be
  const auto again = parse_query(printed);
  promise(again.has_value(), "what was understood can be written");
  promise(print(**again) == printed, "what was written is understood alike");
  return 0;
}
