#include "rules/disclaimer/disclaimer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "rules/disclaimer/leaf_edit.hpp"
#include "rules/disclaimer/verify.hpp"
#include "rules/mime/body_texts.hpp"
#include "rules/mime/byte_fields.hpp"
#include "rules/mime/transfer.hpp"

namespace pams::disclaimer {
namespace {

/// The edits of the body in its order, and of the message's own fields where the text is the root.
Result<std::vector<mime::Splice>> collect(std::string_view body, const MimeMap& map, const LeafEdits& edits,
                                          Headers& headers) {
  std::vector<mime::Splice> splices;
  for (const auto& [index, edit] : edits) {
    if (index == 0) {
      mime::remove_byte_fields(headers);
      if (const auto done = mime::relabel(headers, edit.label); !done) return tl::unexpected(done.error());
    } else {
      const auto& part = map.parts[index];
      auto fields = mime::relabel(body, part, edit.label);
      if (!fields) return tl::unexpected(fields.error());
      std::ranges::copy(mime::remove_byte_fields(body, part), std::back_inserter(*fields));
      std::ranges::stable_sort(*fields, {}, [](const auto& splice) { return splice.replaced.begin; });
      splices.insert(splices.end(), fields->begin(), fields->end());
    }
    splices.push_back(edit.content);
  }
  return splices;
}

/// The message with these texts edited. Failure::Refused when they cannot be.
Result<Message> edited(const Message& message, const MimeMap& map, const LeafEdits& edits) {
  const auto body = message.body.view();
  // Only a file can be so: its first body line could become a field, or continue one, when something is put
  // before it.
  const bool edits_root = edits.contains(0);
  if (edits_root && message.header_end != HeaderEnd::BlankLine && !body.empty())
    return fail(Failure::Refused, "no blank line after the header");

  Message edited{message.headers, {}, edits_root ? HeaderEnd::BlankLine : message.header_end};
  const auto splices = collect(body, map, edits, edited.headers);
  if (!splices) return tl::unexpected(splices.error());
  auto bytes = mime::apply_splices(body, *splices);
  if (!bytes) return tl::unexpected(bytes.error());
  edited.body = SharedBytes(std::move(*bytes));
  if (const auto sound = verify(message, map, edited, *splices, edits); !sound)
    return tl::unexpected(sound.error());
  return edited;
}

tl::unexpected<mime::NoBodyText> cannot_be_edited(std::string why) {
  return tl::unexpected(mime::NoBodyText{mime::WithoutText::CannotBeEdited, std::move(why)});
}

}  // namespace

tl::expected<Applied, mime::NoBodyText> apply(const Message& message, const MimeMap& map,
                                              const Disclaimer& disclaimer) {
  if (map.ambiguity) return cannot_be_edited("ambiguous MIME structure: " + *map.ambiguity);
  const auto body = message.body.view();
  LeafEdits edits;
  const auto prepare = [&](std::size_t index) -> mime::Prepared {
    const auto& part = map.parts[index];
    const auto text = mime::PartText::read(part, body);
    if (!text) return {mime::Outcome::Unreadable, "damaged " + part.encoding};
    auto edit = edit_leaf(part, *text, disclaimer);
    if (!edit) return {mime::Outcome::Blocked, edit.error().what};
    edits.insert_or_assign(index, std::move(*edit));
    return {mime::Outcome::Ready, {}};
  };
  const auto side = disclaimer.location == Location::Append ? mime::Side::Last : mime::Side::First;
  const auto chosen = mime::choose_body_texts(map, side, prepare);
  if (!chosen) return tl::unexpected(chosen.error());
  std::erase_if(edits, [&](const auto& edit) { return !std::ranges::binary_search(*chosen, edit.first); });
  auto with_disclaimer = edited(message, map, edits);
  if (!with_disclaimer) return cannot_be_edited(with_disclaimer.error().what);
  return Applied{std::move(*with_disclaimer), edits.size()};
}

}  // namespace pams::disclaimer
