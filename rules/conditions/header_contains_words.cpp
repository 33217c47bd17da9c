#include "rules/conditions/search.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  if (auto name = check_header_name(args.text("header")); !name) return tl::unexpected(name.error());
  return Search::for_words(args.words("words")).map([name = args.text("header")](const Search& search) {
    return Predicate([search, name](const Mail& mail, const Scope&) { return search.in_header(mail, name); });
  });
}

constexpr schema::Param kParams[] = {
    {.key = "header",
     .type = schema::Type::Text,
     .doc = "Header field to look in; any of several of that name will do.",
     .required = true},
    {.key = "words",
     .type = schema::Type::Words,
     .doc = "Whole words or phrases, ignoring case; any one will do.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"({ header = "X-Class", words = ["public"] })", "x-class: (PUBLIC)\n\n", true},
    {R"({ header = "X-Class", words = ["public"] })", "X-Class: republication\n\n", false},
    {R"({ header = "X-Class", words = ["geheim"] })", "X-Class: =?utf-8?q?strikt_geheim?=\n\n", true},
    {R"({ header = "X-Class", words = ["public"] })", "Subject: public\n\n", false},
};

}  // namespace

extern constinit const Condition header_contains_words{
    .name = "header_contains_words",
    .exchange = "HeaderContainsMessageHeader, HeaderContainsWords",
    .summary = "The named header field contains any of the words.",
    .needs_body = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
