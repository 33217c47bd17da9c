#include "milter/ctl/archive/asked_query.hpp"

#include <algorithm>
#include <iostream>

#include "rules/base/text.hpp"
#include "rules/query/kql.hpp"
#include "rules/query/print.hpp"

namespace pams::milter::ctl {
namespace {

bool has_blank(const std::string& word) { return word.find_first_of(text::kBlank) != std::string::npos; }

}  // namespace

Result<std::string> query_text(const std::vector<std::string>& words) {
  for (const auto& word : words)
    if (words.size() > 1 && has_blank(word) && word.find_first_of("\"(") == std::string::npos)
      return fail(Failure::Refused,
                  "query: the shell has taken quotes away from " + text::printable(word, 80) +
                      "; put the whole query in single quotes: 'from:ann subject:\"annual report\"'");
  return text::join(words, " ");
}

Result<query::QueryPtr> query_now(const std::vector<std::string>& words) {
  const auto text = query_text(words);
  if (!text) return tl::unexpected(text.error());
  auto query =
      query::parse_query(*text, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (query && words.size() == 1 && has_blank(*text) && text->find('"') == std::string::npos)
    std::cerr << "read as " << text::printable(query::to_kql(**query), 2000) << '\n';
  return query;
}

}  // namespace pams::milter::ctl
