#include "rules/disclaimer/leaf_edit.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/disclaimer/layout.hpp"
#include "rules/disclaimer/writing.hpp"
#include "rules/message/charset_exact.hpp"
#include "rules/message/iso_2022.hpp"

namespace pams::disclaimer {
namespace {

/// RFC 5321 4.5.3.1.6: 1000 bytes with the CRLF.
constexpr std::size_t kLongestLine = 998;

/// A block at the start of a line is real, one that a reply quotes is not.
bool has_inline_pgp(std::string_view text) {
  for (auto at = text.find("-----BEGIN PGP "); at != std::string_view::npos;
       at = text.find("-----BEGIN PGP ", at + 1)) {
    const auto kind = text.substr(at + 15);
    const bool is_real = at == 0 || text[at - 1] == '\n';
    if (is_real && (kind.starts_with("MESSAGE") || kind.starts_with("SIGNED MESSAGE"))) return true;
  }
  return false;
}

bool has_long_line(std::string_view text) {
  return std::ranges::any_of(text::split(text, '\n'), [](auto line) { return line.size() > kLongestLine; });
}

/// Text inside base64 has line ends of its own; elsewhere they are the message's.
std::string_view line_end_of(const mime::PartText& text) {
  if (text.transfer() != mime::Transfer::Base64) return "\r\n";
  const auto feed = text.view().find('\n');
  const bool is_bare = feed != std::string_view::npos && (feed == 0 || text.view()[feed - 1] != '\r');
  return is_bare ? "\n" : "\r\n";
}

/// Whether the insertion cannot stand in the part as it is because of its bytes alone.
bool needs_encoding(const MimePart& part, std::string_view text, std::string_view bytes) {
  if (has_long_line(bytes)) return true;
  const bool is_8bit = part.encoding == "8bit" || part.encoding == "binary";
  return !text::is_ascii(bytes) && !is_8bit && text::is_ascii(text);
}

/// In Japanese of two bytes a character "<R" may be a kanji; where the label does not say so, the place must
/// be the same in both readings.
Result<Insertion> lay_out(const MimePart& part, std::string_view text, const Disclaimer& disclaimer,
                          std::string_view line_end) {
  if (part.type != "text/html") return lay_out_text(text, disclaimer, part.format == "flowed", line_end);
  auto insertion = lay_out_html(text, disclaimer, line_end);
  if (!is_iso_2022(text)) return insertion;
  const bool is_labelled = charset_kind(part.charset) == CharsetKind::Iso2022Jp;
  auto masked = lay_out_html(mask_iso_2022(text), disclaimer, line_end);
  if (is_labelled || (insertion && masked && masked->at == insertion->at)) return masked;
  return fail(Failure::Refused, "ISO-2022 text without its label, whose markup can be read in two ways");
}

std::string with_insertion(std::string_view text, std::size_t at, std::string_view bytes) {
  std::string out;
  out.reserve(text.size() + bytes.size());
  return out.append(text.substr(0, at)).append(bytes).append(text.substr(at));
}

}  // namespace

Result<LeafEdit> edit_leaf(const MimePart& part, const mime::PartText& read, const Disclaimer& disclaimer) {
  const auto text = read.view();
  if (has_inline_pgp(text)) return fail(Failure::Refused, "inline PGP");
  const auto insertion = lay_out(part, text, disclaimer, line_end_of(read));
  if (!insertion) return tl::unexpected(insertion.error());
  auto writing = write_insertion(part, text, *insertion);
  if (!writing) return tl::unexpected(writing.error());

  LeafEdit edit{{}, {writing->charset, {}}, insertion->at, std::move(writing->bytes)};
  const auto kept = writing->moved ? std::string_view(*writing->moved) : text;
  if (writing->moved && insertion->at == text.size()) edit.at = kept.size();
  const bool is_identity = read.transfer() == mime::Transfer::Identity;
  if (writing->moved || (is_identity && needs_encoding(part, text, edit.inserted))) {
    edit.content = read.replace(with_insertion(kept, edit.at, edit.inserted));
    if (is_identity) edit.label.encoding = "quoted-printable";
  } else {
    edit.content = read.insert(edit.at, edit.inserted);
  }
  return edit;
}

}  // namespace pams::disclaimer
