/// What must hold for any message whatsoever that the disclaimer's editor has changed.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"
#include "rules/message/content.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::test {

struct MappedMessage {
  const Message& message;
  const MimeMap& map;

  std::string_view raw(std::size_t part) const {
    const auto& [header, content] = std::pair(map.parts[part].header, map.parts[part].content);
    return message.body.view().substr(header.begin, content.end - header.begin);
  }
  std::string text_of(std::size_t part) const {
    return to_utf8(decode_content(map.parts[part], message.body.view()), map.parts[part].charset);
  }
  /// The body with each of these parts cut out.
  std::string frame(const std::vector<std::size_t>& parts) const {
    std::string out;
    std::size_t at = 0;
    for (const auto part : parts) {
      out += message.body.view().substr(at, map.parts[part].header.begin - at);
      out += "|part|";
      at = map.parts[part].content.end;
    }
    return out.append(message.body.view().substr(at));
  }
  static bool tells_bytes(std::string_view field) {
    const auto name = text::to_lower(text::trim(field));
    return name == "content-md5" || name == "content-length" || name == "content-digest" ||
           name == "repr-digest";
  }
  /// The message's own fields that say nothing of how its content is written.
  std::string other_fields() const {
    std::string out;
    for (const auto& field : message.headers.fields())
      if (!text::istarts_with(field.name, "Content-T") && !text::iequals(field.name, "MIME-Version") &&
          !tells_bytes(field.name))
        out += field.name + ":" + field.value + "\r\n";
    return out;
  }
};

/// True when `after` is `before` with one insertion that holds `marker`, and no other.
inline bool is_with_insertion(std::string_view before, std::string_view after, std::string_view marker) {
  if (after.size() <= before.size()) return false;
  const auto same = std::ranges::mismatch(before, after).in1 - before.begin();
  for (auto begin = static_cast<std::size_t>(same) + 1; begin-- > 0;) {
    if (!after.ends_with(before.substr(begin))) return false;
    const auto inserted = after.substr(begin, after.size() - before.size());
    if (inserted.find(marker) != std::string_view::npos) return true;
  }
  return false;
}

/// "" when `after` is `before` with one insertion in each of `edits` texts, which holds `marker`, and every
/// byte outside these parts is the same. Otherwise what is not so.
inline std::string edit_fault(const MappedMessage& before, const MappedMessage& after, std::size_t edits,
                              std::string_view marker) {
  const auto count = before.map.parts.size();
  if (after.map.parts.size() != count) return "another structure";
  if (before.other_fields() != after.other_fields()) return "other fields of the message";
  std::vector<std::size_t> edited;
  for (std::size_t i = 0; i < count; ++i) {
    if (!before.map.parts[i].is_leaf() || before.raw(i) == after.raw(i)) continue;
    edited.push_back(i);
    if (!is_with_insertion(before.text_of(i), after.text_of(i), marker))
      return "part " + std::to_string(i) + " is not its old text with one insertion";
  }
  if (edited.size() != edits)
    return std::to_string(edited.size()) + " changed parts, said to be " + std::to_string(edits);
  return before.frame(edited) == after.frame(edited) ? "" : "bytes outside the changed parts";
}

}  // namespace pams::test
