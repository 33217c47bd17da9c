#include "rules/conditions/search.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  return Search::for_words(args.words("words")).map([](const Search& search) {
    return Predicate([search](const Mail& mail, const Scope&) { return search.in_subject(mail); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "words",
     .type = schema::Type::Words,
     .doc = "Whole words or phrases, ignoring case; any one will do.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["public tender"])", "Subject: Re: Public   tender.\n\n", true},
    {R"(["public"])", "Subject: =?utf-8?b?cHVibGlj?=\n\n", true},
    {R"(["pri*"])", "Subject: a pri* of it\n\n", true},
    {R"(["caf"])", "Subject: =?utf-8?q?caf=C3=A9?=\n\n", false},
    {R"(["tender"])", "Subject: =?utf-8?q?ten=E2=80=8Bder?=\n\n", true},
};

}  // namespace

extern constinit const Condition subject_contains_words{
    .name = "subject_contains_words",
    .exchange = "SubjectContainsWords",
    .summary = "The subject contains any of the words.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
