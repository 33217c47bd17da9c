#include "rules/disclaimer/writing.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/message/charset_exact.hpp"
#include "rules/message/seven_bit.hpp"

namespace pams::disclaimer {
namespace {

constexpr std::string_view name_of(SevenBit charset) {
  return charset == SevenBit::Iso2022 ? "ISO-2022" : charset == SevenBit::Hz ? "HZ" : "UTF-7";
}

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

/// Text that may be in another charset than its label says gets what is right in both: ASCII, and no new
/// label.
Result<Writing> into_seven_bit(const MimePart& part, SevenBit charset, std::string_view utf8) {
  // UTF-7 without its label is shown as it stands, so a label that holds the disclaimer is worth more.
  auto labelled = encode_charset(utf8, part.charset);
  if (charset == SevenBit::Utf7 && labelled) return Writing{std::move(*labelled), {}, {}};
  auto writing = as_ascii(part, utf8);
  if (!writing || charset != SevenBit::Hz) return writing;
  if (is_html(part))
    writing->bytes = text::replace_all(writing->bytes, "~", "&#126;");
  else if (writing->bytes.find('~') != std::string::npos)
    return fail(Failure::Refused, "text that may be HZ, where the disclaimer's \"~\" means something else");
  return writing;
}

/// UTF-16 and UTF-32 under the label of another charset: a mark, many NUL bytes, or one beside a line feed. A
/// NUL by itself is only an odd byte.
bool is_wide(std::string_view text) {
  using namespace std::string_view_literals;
  const auto nuls = static_cast<std::size_t>(std::ranges::count(text, '\0'));
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") || nuls > text.size() / 10 ||
         text.find("\n\0"sv) != std::string_view::npos || text.find("\0\n"sv) != std::string_view::npos;
}

}  // namespace

Result<Writing> write_insertion(const MimePart& part, std::string_view text, const Insertion& insertion) {
  const auto kind = charset_kind(part.charset);
  if (kind == CharsetKind::Wide)
    return fail(Failure::Refused,
                "the text's charset \"" + text::printable(part.charset, 40) + "\" is not edited");
  if (is_wide(text)) return fail(Failure::Refused, "text of two or four bytes a character without its label");
  const auto seven_bit = kind == CharsetKind::Iso2022Jp ? SevenBit::Iso2022 : seven_bit_charset(text);
  if (!is_ascii_at(seven_bit, text, insertion.at))
    return fail(Failure::Refused,
                std::string(name_of(seven_bit)) + " text that is not in ASCII where the disclaimer goes");
  if (seven_bit != SevenBit::None) return into_seven_bit(part, seven_bit, insertion.utf8);
  switch (kind) {
    case CharsetKind::Ascii:
      return into_ascii_part(part, text, insertion.utf8);
    case CharsetKind::Superset:
      return into_known_charset(part, text, insertion.utf8);
    case CharsetKind::Iso2022Jp:
    case CharsetKind::Unknown:
    case CharsetKind::Wide:
      break;
  }
  return as_ascii(part, insertion.utf8);
}

}  // namespace pams::disclaimer
