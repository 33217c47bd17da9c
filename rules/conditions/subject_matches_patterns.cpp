#include "rules/conditions/search.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  return Search::for_patterns(args.words("patterns")).map([](const Search& search) {
    return Predicate([search](const Mail& mail, const Scope&) { return search.in_subject(mail); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "patterns",
     .type = schema::Type::Patterns,
     .doc = "RE2 patterns, ignoring case, found anywhere; any one will do.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["\\[ext(ern)?\\]"])", "Subject: [EXT] hello\n\n", true},
    {R"("^invoice [0-9]+$")", "Subject: Invoice 2026-1\n\n", false},
};

}  // namespace

extern constinit const Condition subject_matches_patterns{
    .name = "subject_matches_patterns",
    .exchange = "SubjectMatchesPatterns",
    .summary = "The subject matches any of the patterns.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
