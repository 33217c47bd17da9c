#include "rules/disclaimer/verify.hpp"

#include <limits>

#include "rules/message/charset_exact.hpp"
#include "rules/message/content.hpp"
#include "rules/mime/transfer.hpp"

namespace pams::disclaimer {
namespace {

std::string name_of(const MimePart& part, std::size_t index) {
  return "part " + std::to_string(index + 1) + " (" + part.type + ")";
}

bool is_at(Span span, Span before, std::span<const mime::Splice> splices) {
  return span.begin == mime::moved_offset(before.begin, false, splices) &&
         span.end == mime::moved_offset(before.end, true, splices);
}

bool is_same_part(const MimePart& a, const MimePart& b) {
  return a.parent == b.parent && a.children == b.children && a.type == b.type && a.boundary == b.boundary &&
         a.disposition == b.disposition && a.filename == b.filename && a.format == b.format &&
         a.delsp == b.delsp && a.closed == b.closed && a.defect == b.defect;
}

bool has_label(const MimePart& before, const MimePart& after, const mime::Label& label) {
  return after.charset == (label.charset.empty() ? before.charset : label.charset) &&
         after.encoding == (label.encoding.empty() ? before.encoding : label.encoding);
}

/// Decoded by the reader's own code, not by the editor's.
class ReadText {
 public:
  ReadText(const MimePart& part, std::string_view body) {
    view_ = body.substr(part.content.begin, part.content.size());
    if (mime::transfer_of(part) == mime::Transfer::Identity) return;
    decoded_ = decode_content(part, body);
    view_ = decoded_;
  }
  ReadText(const ReadText&) = delete;
  ReadText& operator=(const ReadText&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::string decoded_;
  std::string_view view_;
};

bool is_old_with_insertion(std::string_view before, std::string_view after, const LeafEdit& edit) {
  return after.size() == before.size() + edit.inserted.size() && edit.at <= before.size() &&
         after.starts_with(before.substr(0, edit.at)) && after.substr(edit.at).starts_with(edit.inserted) &&
         after.ends_with(before.substr(edit.at));
}

bool has_insertion(const MimePart& before, std::string_view body_before, const MimePart& after,
                   std::string_view body_after, const LeafEdit& edit) {
  const ReadText old_text(before, body_before);
  const ReadText new_text(after, body_after);
  if (is_old_with_insertion(old_text.view(), new_text.view(), edit)) return true;
  if (edit.label.charset.empty()) return false;
  const auto moved = decode_charset(old_text.view(), before.charset);
  return moved && is_old_with_insertion(*moved, new_text.view(), edit);
}

}  // namespace

Status verify(const Message& before, const MimeMap& map, const Message& after,
              std::span<const mime::Splice> splices, const LeafEdits& edits) {
  const auto damage = [](const std::string& what) {
    return fail(Failure::Refused, "the disclaimer would damage " + what);
  };
  const auto old_body = before.body.view();
  const auto new_body = after.body.view();
  if (!mime::differs_only_by(old_body, new_body, splices)) return damage("bytes outside its place");
  const auto count = map.parts.size();
  const auto again = map_mime(after, {count, count, std::numeric_limits<std::size_t>::max()});
  if (!again || again->parts.size() != count || again->ambiguity != map.ambiguity)
    return damage("the message's structure");
  for (std::size_t i = 0; i < count; ++i) {
    const auto& old_part = map.parts[i];
    const auto& new_part = again->parts[i];
    const auto edit = edits.find(i);
    const bool is_in_place = (i == 0 || is_at(new_part.header, old_part.header, splices)) &&
                             is_at(new_part.content, old_part.content, splices);
    if (!is_in_place || !is_same_part(old_part, new_part) ||
        !has_label(old_part, new_part, edit == edits.end() ? mime::Label{} : edit->second.label))
      return damage("the structure at " + name_of(old_part, i));
    if (edit != edits.end() && !has_insertion(old_part, old_body, new_part, new_body, edit->second))
      return damage("the text of " + name_of(old_part, i));
  }
  return {};
}

}  // namespace pams::disclaimer
