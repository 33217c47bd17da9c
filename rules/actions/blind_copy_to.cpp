#include <algorithm>

#include "rules/actions/action.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::rules {
namespace {

bool is_listed(const std::vector<std::string>& list, std::string_view address) {
  const auto key = address_key(address);
  return std::ranges::any_of(list, [&](const auto& one) { return address_key(one) == key; });
}

Result<Step> compile(const schema::Args& args) {
  if (args.words("addresses").empty()) return fail(Failure::Misconfigured, "the list is empty");
  return Step([addresses = args.words("addresses")](Draft& draft) -> Result<std::string> {
    std::vector<std::string> added;
    for (const auto& address : addresses)
      if (!is_listed(draft.mail.envelope().recipients, address) &&
          !is_listed(draft.added_recipients, address) && !is_listed(added, address))
        added.push_back(address);
    draft.added_recipients.insert(draft.added_recipients.end(), added.begin(), added.end());
    return added.empty() ? std::string("all are recipients already") : "added " + text::join(added, ", ");
  });
}

constexpr schema::Param kParams[] = {
    {.key = "addresses",
     .type = schema::Type::Addresses,
     .doc = "Addresses to add to the envelope.",
     .required = true},
};
constexpr ActionExample kExamples[] = {
    {R"("audit@example.org")", "Subject: a\n\n", "= add-recipient audit@example.org"},
    {R"(["PIET@klant.example", "audit@example.org"])", "Subject: a\n\n", "= add-recipient audit@example.org"},
};

}  // namespace

extern constinit const Action blind_copy_to{
    .name = "blind_copy_to",
    .exchange = "BlindCopyTo",
    .summary = "Adds recipients that nobody sees.",
    .needs_body = false,
    .edits_content = false,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
