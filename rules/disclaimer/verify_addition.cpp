#include "rules/base/text.hpp"
#include "rules/disclaimer/verify.hpp"
#include "rules/message/content.hpp"

namespace pams::disclaimer {
namespace {

constexpr std::size_t kNewParts = 3;  ///< the alternative and its two texts

/// Where the old parts are in the new message.
class Places {
 public:
  explicit Places(const Addition& addition) : addition_(addition) {}

  std::size_t count(std::size_t old_count) const { return old_count + kNewParts + root(); }
  std::size_t part(std::size_t old) const {
    const auto index = old + root();
    return index < addition_.first_part ? index : index + kNewParts;
  }
  std::size_t parent(const MimePart& old) const {
    if (old.parent != MimePart::kNoParent) return part(old.parent);
    return addition_.is_root_moved ? 0 : MimePart::kNoParent;
  }
  bool is_at(Span now, Span before) const {
    return now.begin == before.begin + addition_.shift && now.end == before.end + addition_.shift;
  }

 private:
  std::size_t root() const { return addition_.is_root_moved ? 1 : 0; }

  const Addition& addition_;
};

bool is_same_kind(const MimePart& a, const MimePart& b) {
  return a.type == b.type && a.charset == b.charset && a.boundary == b.boundary && a.encoding == b.encoding &&
         a.disposition == b.disposition && a.filename == b.filename && a.format == b.format &&
         a.delsp == b.delsp && a.content_id == b.content_id && a.start == b.start && a.closed == b.closed &&
         a.defect == b.defect;
}

bool is_old_part(const MimePart& old, const MimePart& now, const Places& places, bool is_root_moved) {
  if (!is_same_kind(old, now) || now.parent != places.parent(old)) return false;
  const bool is_root = old.parent == MimePart::kNoParent;
  // The fields of a root are the message's; its content begins and ends with the body.
  if (is_root && !is_root_moved) return true;
  return places.is_at(now.content, old.content) && (is_root || places.is_at(now.header, old.header));
}

bool says(const MimePart& part, std::string_view type, std::string_view body, std::string_view text) {
  return part.type == type && decode_content(part, body) == text::replace_all(text, "\n", "\r\n");
}

bool is_disclaimer(const MimeMap& map, std::size_t first, std::string_view body,
                   const Disclaimer& disclaimer) {
  const auto& both = map.parts[first];
  return both.type == "multipart/alternative" && both.parent == 0 && both.closed &&
         both.children == std::vector{first + 1, first + 2} &&
         says(map.parts[first + 1], "text/plain", body, disclaimer.text) &&
         says(map.parts[first + 2], "text/html", body, disclaimer.html);
}

}  // namespace

Status verify_addition(const MappedMessage& before, const Message& after, const Addition& addition,
                       const Disclaimer& disclaimer, const MimeLimits& limits) {
  const auto damage = [](const std::string& what) {
    return fail(Failure::Refused, "a part of its own would damage " + what);
  };
  if (!mime::differs_only_by(before.message.body.view(), after.body.view(), addition.splices))
    return damage("bytes of the others");
  const auto again = map_mime(after, limits);
  if (!again) return fail(Failure::Refused, "a part of its own would be too much: " + again.error().what);
  const Places places(addition);
  const auto& old_parts = before.map.parts;
  if (again->parts.size() != places.count(old_parts.size()) || again->ambiguity)
    return damage("the message's structure");
  for (std::size_t i = 0; i < old_parts.size(); ++i)
    if (!is_old_part(old_parts[i], again->parts[places.part(i)], places, addition.is_root_moved))
      return damage("part " + std::to_string(i + 1) + " (" + old_parts[i].type + ")");
  if (!is_disclaimer(*again, addition.first_part, after.body.view(), disclaimer))
    return damage("the disclaimer");
  return {};
}

}  // namespace pams::disclaimer
