#include "rules/conditions/search.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  return Search::for_words(args.words("words")).map([](const Search& search) {
    return Predicate([search](const Mail& mail, const Scope&) { return search.in_subject_or_body(mail); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "words",
     .type = schema::Type::Words,
     .doc = "Whole words or phrases, ignoring case; any one will do.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"(["Example B.V., KvK 01234567"])", "Subject: x\n\nExample B.V.,\nKvK 01234567\n", true},
    {R"(["Example B.V., KvK 01234567"])", "Subject: x\n\n>> Example B.V.,\n>> KvK 01234567\n", true},
    {R"(["secret"])", "Subject: secret\n\nnothing\n", true},
    {R"(["secret"])", "Content-Type: text/html\n\n<p>se<b>cret</b></p>\n", true},
    {R"(["secret"])", "Content-Transfer-Encoding: base64\n\nc2VjcmV0\n", true},
    {R"(["secret"])", "Subject: x\n\nsecretary\n", false},
};

}  // namespace

extern constinit const Condition subject_or_body_contains_words{
    .name = "subject_or_body_contains_words",
    .exchange = "SubjectOrBodyContainsWords",
    .summary = "The subject or the text of the body contains any of the words.",
    .needs_body = true,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
