#include "rules/conditions/search.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto name = check_header_name(args.text("header")); !name) return tl::unexpected(name.error());
  return Search::for_patterns(args.words("patterns")).map([name = args.text("header")](const Search& search) {
    return Predicate([search, name](const Mail& mail, const Scope&) { return search.in_header(mail, name); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "header",
     .type = schema::Type::Text,
     .doc = "Header field to look in; any of several of that name will do.",
     .required = true},
    {.key = "patterns",
     .type = schema::Type::Patterns,
     .doc = "RE2 patterns, ignoring case, found anywhere in the decoded value; any one will do.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"({ header = "X-Class", patterns = ["^public$"] })", "x-class: Public\n\n", true},
    {R"({ header = "X-Class", patterns = ["^public$"] })", "X-Class: not public\n\n", false},
    {R"({ header = "X-Class", patterns = ["a b"] })", "X-Class: a\n b\n\n", true},
    {R"({ header = "X-Class", patterns = ["^b"] })", "X-Class: a\nX-Class: b\n\n", true},
};

}  // namespace

extern constinit const Condition header_matches_patterns{
    .name = "header_matches_patterns",
    .exchange = "HeaderMatchesMessageHeader, HeaderMatchesPatterns",
    .summary = "The named header field matches any of the patterns.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
