#include "rules/conditions/search.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  return Search::for_patterns(args.words("patterns")).map([](const Search& search) {
    return Predicate([search](const Mail& mail, const Scope&) { return search.in_subject_or_body(mail); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "patterns",
     .type = schema::Type::Patterns,
     .doc = "RE2 patterns, ignoring case, found anywhere; any one will do.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["[0-9]{9}"])", "Subject: x\n\nBSN 123456782.\n", true},
    {R"(["^urgent"])", "Subject: Urgent: x\n\n", true},
    {R"(["[0-9]{9}"])", "Subject: 1234\n\n56789\n", false},
    {R"(["strictly confidential"])", "Subject: x\n\nThis is strictly\nconfidential.\n", true},
    {R"(["strictly.*confidential"])", "Subject: x\n\nThis is strictly\nconfidential.\n", false},
};

}  // namespace

extern constinit const Condition subject_or_body_matches_patterns{
    .name = "subject_or_body_matches_patterns",
    .exchange = "SubjectOrBodyMatchesPatterns",
    .summary = "The subject or the text of the body matches any of the patterns.",
    .needs_body = true,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
