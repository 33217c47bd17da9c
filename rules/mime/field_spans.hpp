/// Where the fields of a part's header stand in the body. Pure; any thread. Linear.
#pragma once

#include <string_view>

#include "rules/base/text.hpp"
#include "rules/message/mime_map.hpp"

namespace pams::mime {

struct FieldSpan {
  Span whole;  ///< with the line end
  Span value;  ///< without it
};

/// Calls `visit(name, span)` for every field in `header`, a span of `body`; the name is without blanks.
template <class Visit>
void each_field(std::string_view body, Span header, Visit visit) {
  const auto line_end = [&](std::size_t at) {
    const auto feed = body.find('\n', at);
    return feed == std::string_view::npos || feed >= header.end ? header.end : feed + 1;
  };
  for (auto at = header.begin; at < header.end;) {
    const auto begin = at;
    for (at = line_end(at); at < header.end && (body[at] == ' ' || body[at] == '\t');) at = line_end(at);
    const auto field = body.substr(begin, at - begin);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    visit(text::trim_right(field.substr(0, colon)),
          FieldSpan{{begin, at}, {begin + colon + 1, begin + text::trim_right(field, "\r\n").size()}});
  }
}

}  // namespace pams::mime
