#include "rules/conditions/condition.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  return Predicate([least = args.number("size")](const Mail& mail, const Scope&) {
    const auto size = mail.message().wire_size();
    return Finding{size >= least, std::to_string(size) + " bytes"};
  });
}

constexpr schema::Param kParams[] = {
    {.key = "size",
     .type = schema::Type::Size,
     .doc = "Size as sent over SMTP, header and encoding included.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"("20 B")", "Subject: x\n\n12345678\n", true},
    {R"("10 MB")", "Subject: x\n\n12345678\n", false},
};

}  // namespace

extern constinit const Condition message_size_over{
    .name = "message_size_over",
    .exchange = "MessageSizeOver",
    .summary = "The message is of this size or larger.",
    .needs_body = true,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
