#include "rules/mime/byte_fields.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/mime/field_spans.hpp"

namespace pams::mime {
namespace {

constexpr std::string_view kByteFields[] = {"Content-MD5", "Content-Length", "Content-Digest", "Repr-Digest"};

}  // namespace

void remove_byte_fields(Headers& message_headers) {
  for (const auto name : kByteFields) message_headers.remove(name);
}

std::vector<Splice> remove_byte_fields(std::string_view body, const MimePart& part) {
  std::vector<Splice> splices;
  each_field(body, part.header, [&](std::string_view name, const FieldSpan& field) {
    if (std::ranges::any_of(kByteFields, [&](auto known) { return text::iequals(name, known); }))
      splices.push_back({field.whole, ""});
  });
  return splices;
}

}  // namespace pams::mime
