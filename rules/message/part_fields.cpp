#include "rules/message/part_fields.hpp"

#include "rules/base/text.hpp"
#include "rules/message/encoded_word.hpp"
#include "rules/message/structured_value.hpp"

namespace pams {
namespace {

bool is_media_type(std::string_view type) {
  const auto slash = type.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < type.size() &&
         type.find('/', slash + 1) == std::string_view::npos;
}

void read_content_type(MimePart& part, const StructuredValue& value, std::string_view default_type) {
  const bool is_readable = is_media_type(value.head());
  if (!is_readable) part.defect = "Content-Type cannot be read";
  // RFC 2045 5.2: what has no readable type is text/plain; an empty field says nothing at all.
  part.type = is_readable ? value.head() : value.head().empty() ? std::string(default_type) : "text/plain";
  part.charset = text::to_lower(text::trim(value.get("charset"), " \t\"'"));
  part.boundary = text::trim_right(value.get("boundary"), " \t");
  part.format = text::to_lower(value.get("format"));
  part.delsp = text::iequals(value.get("delsp"), "yes");
  part.start = text::trim(value.get("start"));
  part.filename = decode_words(value.get("name"));
}

void read_disposition(MimePart& part, const StructuredValue& value) {
  part.disposition = value.head();
  // RFC 2231 is the rule for names, encoded words in them the habit; both are read.
  if (auto name = value.get("filename"); !name.empty()) part.filename = decode_words(name);
}

std::string unfolded(const Headers& fields, std::string_view name) {
  const auto* field = fields.find(name);
  return field == nullptr ? std::string() : field->unfolded();
}

}  // namespace

std::optional<std::string> read_part_fields(MimePart& part, std::string_view default_type) {
  std::optional<std::string> ambiguity;
  part.type = default_type;
  if (const auto* field = part.fields.find("Content-Type")) {
    const StructuredValue value(field->unfolded());
    read_content_type(part, value, default_type);
    if (part.is_multipart() && value.is_contradictory("boundary")) ambiguity = "two boundary parameters";
  }
  if (const auto types = part.fields.find_all("Content-Type"); types.size() > 1) {
    part.defect = "two Content-Type fields";
    for (const auto* type : types)
      if (type->unfolded() != types.front()->unfolded()) ambiguity = part.defect;
  }
  if (part.fields.find_all("Content-Transfer-Encoding").size() > 1)
    part.defect = "two Content-Transfer-Encoding fields";
  if (ambiguity) part.defect = ambiguity;
  part.encoding = text::to_lower(
      text::trim(without_comments(unfolded(part.fields, "Content-Transfer-Encoding")), " \t\""));
  part.content_id = unfolded(part.fields, "Content-ID");
  if (part.fields.has("Content-Disposition"))
    read_disposition(part, StructuredValue(unfolded(part.fields, "Content-Disposition")));
  return ambiguity;
}

bool is_identity_encoding(std::string_view encoding) {
  return encoding.empty() || encoding == "7bit" || encoding == "8bit" || encoding == "binary";
}

}  // namespace pams
