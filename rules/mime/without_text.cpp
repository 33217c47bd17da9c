#include "rules/mime/without_text.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "rules/base/text.hpp"
#include "rules/mime/protected_part.hpp"
#include "rules/mime/transfer.hpp"

namespace pams::mime {
namespace {

template <std::size_t N>
bool is_one_of(const std::string& type, const std::string_view (&types)[N]) {
  return std::ranges::find(types, std::string_view(type)) != std::end(types);
}

/// Form data is shown as text, and its parts are counted by whoever reads it.
constexpr std::string_view kSealedTypes[] = {
    "multipart/signed",          "multipart/encrypted", "multipart/form-data",
    "application/pgp-encrypted", "application/pgp",
};
constexpr std::string_view kSmimeTypes[] = {"application/pkcs7-mime", "application/x-pkcs7-mime"};
constexpr std::string_view kProgramTypes[] = {
    "multipart/report",
    "text/calendar",
    "application/ics",
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
    "message/tracking-status",
};

bool is_root(const MimePart& part) { return part.parent == MimePart::kNoParent; }

/// A signed document that is attached (contract.pdf.p7m) is a file like others; a message is one by its place
/// or by the name that mail programs give it. RFC 8551 3.9: its type may be lost on the way.
bool is_smime_message(const MimePart& part) {
  if (is_one_of(part.type, kSmimeTypes))
    return is_root(part) || part.filename.empty() || text::istarts_with(part.filename, "smime.");
  return is_root(part) && part.type == "application/octet-stream" &&
         text::to_lower(part.filename).ends_with(".p7m");
}

bool is_attachment(const MimePart& part) { return !part.disposition.empty() && part.disposition != "inline"; }

std::optional<std::string> why_sealed(const MimePart& part) {
  if (is_one_of(part.type, kSealedTypes) || is_smime_message(part)) return part.type;
  if (is_attachment(part)) return std::nullopt;
  const bool is_text = part.type == "text/plain" || part.type == "text/html";
  const bool cannot_be_split = part.is_multipart() && part.is_leaf();
  return (is_text && !transfer_of(part)) || cannot_be_split ? why_protected(part) : std::nullopt;
}

bool is_for_programs(const MimePart& part) {
  return is_one_of(part.type, kProgramTypes) || (is_root(part) && part.type.starts_with("message/"));
}

}  // namespace

NoBodyText why_no_body_text(const MimeMap& map) {
  std::vector<bool> is_inside_report(map.parts.size());
  std::optional<std::string> for_programs;
  for (std::size_t i = 0; i < map.parts.size(); ++i) {
    const auto& part = map.parts[i];
    if (!is_root(part) && is_inside_report[part.parent]) {
      is_inside_report[i] = true;
    } else if (is_for_programs(part)) {
      is_inside_report[i] = true;
      if (!for_programs) for_programs = part.type;
    } else if (auto why = why_sealed(part)) {
      return {WithoutText::CannotBeEdited, std::move(*why)};
    }
  }
  if (for_programs) return {WithoutText::NothingToAddTo, std::move(*for_programs)};
  return {WithoutText::OnlyAttachments, map.root().type};
}

}  // namespace pams::mime
