#include "rules/query/print.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "rules/base/overloaded.hpp"
#include "rules/query/extent.hpp"
#include "rules/query/property.hpp"

namespace pams::query {
namespace {

std::string quoted(const Words& words) { return '"' + words.text + (words.is_prefix ? "*\"" : "\""); }

std::string print(const Words& words) {
  if (words.field == Field::Any) return quoted(words);
  return std::string(name_of(words.field)) + ":" + quoted(words);
}

std::string print(const Near& near) {
  const auto both = quoted(near.first) + (near.is_ordered ? " ONEAR(" : " NEAR(") +
                    std::to_string(near.distance) + ") " + quoted(near.second);
  return near.first.field == Field::Any ? both : std::string(name_of(near.first.field)) + ":(" + both + ")";
}

std::string value_of(Field field, std::int64_t number) {
  if (field == Field::Size) return std::to_string(number);
  using namespace std::chrono;
  const sys_seconds time{seconds(number)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                                  static_cast<int>(clock.minutes().count()),
                                  static_cast<int>(clock.seconds().count())));
  return text.data();
}

std::string print(const Range& range) {
  const std::string name(name_of(range.field));
  const auto last = range.field == Field::Size ? kNoMaximum : kLastSecond;
  const auto value = [&](std::int64_t number) { return value_of(range.field, number); };
  if (range.maximum == kNoMaximum)
    return range.least > last ? name + ">" + value(range.least - 1) : name + ">=" + value(range.least);
  if (range.least == kNoLeast)
    return range.maximum == last ? name + "<=" + value(range.maximum) : name + "<" + value(range.maximum + 1);
  return name + ":" + value(range.least) + ".." + value(range.maximum);
}

std::string print(Importance importance) {
  switch (importance) {
    case Importance::Low:
      return "importance:low";
    case Importance::Medium:
      return "importance:medium";
    case Importance::High:
      break;
  }
  return "importance:high";
}

/// How strongly a node holds its parts together: 0 OR, 1 AND, 2 NOT, 3 a leaf.
std::size_t rank(const Query& query) {
  return std::visit(overloaded{[](const Or&) { return 0U; }, [](const And&) { return 1U; },
                               [](const Not&) { return 2U; }, [](const auto&) { return 3U; }},
                    query.node);
}

/// In parentheses unless it binds more strongly than what stands around it.
std::string inner(const Query& query, std::size_t around) {
  return rank(query) > around ? to_kql(query) : "(" + to_kql(query) + ")";
}

std::string joined(const std::vector<QueryPtr>& parts, const char* by, std::size_t around) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : by) + inner(*part, around);
  return out;
}

}  // namespace

std::string to_kql(const Query& query) {
  return std::visit(overloaded{
                        [](const Words& words) { return print(words); },
                        [](const Near& near) { return print(near); },
                        [](const Range& range) { return print(range); },
                        [](const HasAttachment&) { return std::string("hasattachment:true"); },
                        [](Importance importance) { return print(importance); },
                        [](const IsEmail&) { return std::string("kind:email"); },
                        [](const And& all) { return joined(all.parts, " AND ", 1); },
                        [](const Or& any) { return joined(any.parts, " OR ", 0); },
                        [](const Not& negated) { return "NOT " + inner(*negated.part, 2); },
                    },
                    query.node);
}

}  // namespace pams::query
