#include "rules/mime/body_texts.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/mime/protected_part.hpp"

namespace pams::mime {
namespace {

/// What was found below one part.
struct Choice {
  std::vector<std::size_t> parts;
  std::optional<std::string> blocked;  ///< why a body text that is there cannot be edited
};

class Chooser {
 public:
  Chooser(const MimeMap& map, Side side, const Prepare& prepare)
      : map_(map), side_(side), prepare_(prepare) {}

  Choice look(std::size_t index, bool with_named) {
    const auto& part = map_.parts[index];
    if (why_protected(part)) return {};
    if (part.is_leaf()) return leaf(index, with_named);
    if (part.type == "multipart/alternative") return renderings(part);
    if (part.type == "multipart/related") return look(related_root(part), with_named);
    return sequence(part, with_named);
  }

  /// Why a text that is there cannot be read.
  const std::optional<std::string>& unreadable() const { return first_unreadable_; }

 private:
  Choice leaf(std::size_t index, bool with_named) {
    const auto& part = map_.parts[index];
    if (is_named_text(part) && !with_named) return {};
    if (part.defect) return unreadable(*part.defect);
    if (index > 0 && part.header.end == part.content.begin)
      return unreadable("no blank line after the header");
    const auto [outcome, why] = prepare_(index);
    if (outcome == Outcome::Unreadable) return unreadable(why);
    return outcome == Outcome::Ready ? Choice{{index}, std::nullopt} : Choice{{}, why};
  }

  Choice unreadable(const std::string& why) {
    if (!first_unreadable_) first_unreadable_ = why;
    return {};
  }

  /// A reader sees one of these, so all get it or none.
  Choice renderings(const MimePart& part) {
    Choice all;
    for (const auto child : part.children) {
      auto one = look(child, true);
      if (one.blocked) return one;
      all.parts.insert(all.parts.end(), one.parts.begin(), one.parts.end());
    }
    return all;
  }

  /// RFC 2387 3.2: the root is the part that start names, otherwise the first.
  std::size_t related_root(const MimePart& part) const {
    const auto named = std::ranges::find_if(part.children, [&](std::size_t child) {
      return !part.start.empty() && text::trim(map_.parts[child].content_id) == text::trim(part.start);
    });
    return named == part.children.end() ? part.children.front() : *named;
  }

  /// A reader sees these one below the other, so the outermost that can be edited gets it.
  Choice sequence(const MimePart& part, bool with_named) {
    auto children = part.children;
    if (side_ == Side::Last) std::ranges::reverse(children);
    std::optional<std::string> blocked;
    for (const auto child : children) {
      auto one = look(child, with_named);
      if (!one.parts.empty()) return one;
      if (!blocked) blocked = std::move(one.blocked);
    }
    return {{}, blocked};
  }

  const MimeMap& map_;
  Side side_;
  const Prepare& prepare_;
  std::optional<std::string> first_unreadable_;
};

}  // namespace

tl::expected<std::vector<std::size_t>, NoBodyText> choose_body_texts(const MimeMap& map, Side side,
                                                                     const Prepare& prepare) {
  Chooser chooser(map, side, prepare);
  auto choice = chooser.look(0, false);
  if (choice.parts.empty() && !choice.blocked) choice = chooser.look(0, true);
  if (!choice.parts.empty()) return choice.parts;
  for (const auto& why : {choice.blocked, chooser.unreadable()})
    if (why) return tl::unexpected(NoBodyText{WithoutText::CannotBeEdited, *why});
  return tl::unexpected(why_no_body_text(map));
}

}  // namespace pams::mime
