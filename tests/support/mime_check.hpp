/// What must hold for the map of any message whatsoever.
#pragma once

#include <string>
#include <string_view>

#include "rules/message/mime_map.hpp"

namespace pams::test {

/// "" when the parts tile the body: parents before children, children inside their parent's content, in order
/// and not overlapping, header before content. Otherwise which part breaks it.
inline std::string tiling_fault(const MimeMap& map, std::string_view body) {
  const auto fault = [](std::size_t part, const char* what) {
    return "part " + std::to_string(part) + ": " + what;
  };
  if (map.parts.empty() || map.root().content.begin != 0 || map.root().content.end != body.size())
    return fault(0, "the root is not the whole body");
  std::size_t with_parent = 1;
  for (std::size_t i = 0; i < map.parts.size(); ++i) {
    const auto& part = map.parts[i];
    if (part.header.begin > part.header.end || part.header.end > part.content.begin ||
        part.content.begin > part.content.end)
      return fault(i, "header and content are not in order");
    if (part.is_leaf() && !part.closed) return fault(i, "a leaf that is not closed");
    auto end = part.content.begin;
    for (const auto child : part.children) {
      ++with_parent;
      if (child <= i || child >= map.parts.size() || map.parts[child].parent != i)
        return fault(child, "parent and child disagree");
      if (map.parts[child].header.begin < end) return fault(child, "overlaps what stands before it");
      end = map.parts[child].content.end;
    }
    if (end > part.content.end) return fault(i, "a child reaches beyond it");
  }
  return with_parent == map.parts.size() ? "" : fault(with_parent, "an orphan");
}

}  // namespace pams::test
