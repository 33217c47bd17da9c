#include "rules/disclaimer/writing.hpp"

#include "rules/base/text.hpp"
#include "rules/disclaimer/layout.hpp"
#include "rules/message/charset_exact.hpp"

namespace pams::disclaimer {
namespace {

bool is_html(const MimePart& part) { return part.type == "text/html"; }

/// ASCII that says the same: right in every charset that extends ASCII, whatever the label is worth.
Result<Writing> as_ascii(const MimePart& part, std::string_view utf8) {
  if (text::is_ascii(utf8)) return Writing{std::string(utf8), {}, {}};
  if (is_html(part)) return Writing{with_entities(utf8), {}, {}};
  auto ascii = transliterate(utf8);
  if (!ascii)
    return fail(Failure::Refused, "the text's charset \"" + text::printable(part.charset, 40) +
                                      "\" cannot hold the disclaimer");
  return Writing{std::move(*ascii), {}, {}};
}

Result<Writing> into_ascii_part(const MimePart& part, std::string_view text, std::string_view utf8) {
  if (text::is_ascii(utf8) || is_html(part)) return as_ascii(part, utf8);
  if (text::is_ascii(text)) return Writing{std::string(utf8), "utf-8", {}};
  // Bytes without a label that say what they are: more of the same kind, and still no label.
  return is_utf8(text) ? Writing{std::string(utf8), {}, {}} : as_ascii(part, utf8);
}

Result<Writing> into_known_charset(const MimePart& part, std::string_view text, std::string_view utf8) {
  if (auto bytes = encode_charset(utf8, part.charset)) return Writing{std::move(*bytes), {}, {}};
  if (is_html(part)) return as_ascii(part, utf8);
  auto moved = decode_charset(text, part.charset);
  if (!moved) return as_ascii(part, utf8);
  Writing writing{std::string(utf8), "utf-8", {}};
  if (*moved != text) writing.moved = std::move(moved);
  return writing;
}

}  // namespace

Result<Writing> write_insertion(const MimePart& part, std::string_view text, std::string_view utf8) {
  switch (charset_kind(part.charset)) {
    case CharsetKind::Ascii:
      return into_ascii_part(part, text, utf8);
    case CharsetKind::Superset:
      return into_known_charset(part, text, utf8);
    case CharsetKind::Iso2022Jp:
      return as_ascii(part, utf8);
    case CharsetKind::Unknown:
      return as_ascii(part, utf8);
    case CharsetKind::Wide:
      break;
  }
  return fail(Failure::Refused,
              "the text's charset \"" + text::printable(part.charset, 40) + "\" is not edited");
}

bool is_in_ascii_state(std::string_view text, std::size_t at) {
  const auto escape = text.substr(0, at).rfind('\x1b');
  return escape == std::string_view::npos || text.substr(escape + 1).starts_with("(B");
}

}  // namespace pams::disclaimer
