#include "rules/actions/action.hpp"

namespace pams::rules {
namespace {

Result<Step> compile(const schema::Args&) {
  return Step([](Draft& draft) -> Result<std::string> {
    draft.ending = Discard{};
    return std::string("deleted");
  });
}

constexpr ActionExample kExamples[] = {
    {"true", "Subject: a\n\n", "= discard"},
};

}  // namespace

extern constinit const Action delete_message{
    .name = "delete_message",
    .exchange = "DeleteMessage",
    .summary = "Deletes the message; nobody is told.",
    .needs_body = false,
    .edits_content = false,
    .params = {},
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
