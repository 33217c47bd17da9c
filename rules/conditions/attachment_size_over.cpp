#include "rules/base/text.hpp"
#include "rules/conditions/condition.hpp"

namespace pams::rules {
namespace {

Result<Predicate> compile(const schema::Args& args) {
  return Predicate([least = args.number("size")](const Mail& mail, const Scope&) -> Result<Finding> {
    const auto& attached = mail.attached();
    if (!attached) return tl::unexpected(attached.error());
    if (attached->empty()) return Finding{false, "no attachment"};
    const auto& largest = *std::ranges::max_element(*attached, {}, &Attachment::size);
    return Finding{largest.size >= least,
                   text::printable(largest.filename.empty() ? largest.type : largest.filename) + ": " +
                       std::to_string(largest.size) + " bytes"};
  });
}

constexpr schema::Param kParams[] = {
    {.key = "size",
     .type = schema::Type::Size,
     .doc = "Size of the decoded attachment; attachments are not added up, inline images count.",
     .required = true},
};
constexpr Example kExamples[] = {
    {R"("5 B")",
     "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--\n",
     true},
    {R"("6 B")",
     "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--\n",
     false},
    {R"("1 B")", "Subject: x\n\nno attachment, only text\n", false},
};

}  // namespace

extern constinit const Condition attachment_size_over{
    .name = "attachment_size_over",
    .exchange = "AttachmentSizeOver",
    .summary = "Any one attachment is of this size or larger.",
    .needs_body = true,
    .params = kParams,
    .examples = kExamples,
    .compile = compile,
};

}  // namespace pams::rules
