#include <utility>

#include "rules/disclaimer/disclaimer.hpp"
#include "rules/disclaimer/new_parts.hpp"
#include "rules/disclaimer/verify.hpp"
#include "rules/mime/byte_fields.hpp"

namespace pams::disclaimer {
namespace {

struct Added {
  Message message;
  Addition how;
};

/// Before the line of the first delimiter. A preamble stays in front of it.
std::size_t before_first(std::string_view body, const MimeMap& map) {
  const auto after_delimiter = map.parts[map.root().children.front()].header.begin;
  const auto feed = body.substr(0, after_delimiter - 1).rfind('\n');
  return feed == std::string_view::npos ? 0 : feed + 1;
}

/// Before the line of the close delimiter, or at the end of a body that has none.
std::size_t after_last(std::string_view body, const MimeMap& map) {
  auto at = map.parts[map.root().children.back()].content.end;
  // RFC 2046 5.1.1: the line break after the part belongs to the delimiter.
  if (body.substr(at).starts_with('\r')) ++at;
  if (body.substr(at).starts_with('\n')) ++at;
  return at;
}

Result<Added> added_inside(const Message& message, const MimeMap& map, const Disclaimer& disclaimer) {
  const auto body = message.body.view();
  const bool is_first = disclaimer.location == Location::Prepend;
  const auto at = is_first ? before_first(body, map) : after_last(body, map);
  const auto inner = free_boundaries(message.headers.wire(), body).front();
  auto lines = "--" + map.root().boundary + "\r\n" + disclaimer_part(disclaimer, inner);
  if (at == body.size()) lines.insert(0, "\r\n");
  const auto shift = is_first ? lines.size() : 0;
  Addition how{{{{at, at}, std::move(lines)}}, is_first ? 1 : map.parts.size(), shift, false};
  auto bytes = mime::apply_splices(body, how.splices);
  if (!bytes) return tl::unexpected(bytes.error());
  Message added{message.headers, SharedBytes(std::move(*bytes)), message.header_end};
  mime::remove_byte_fields(added.headers);
  return Added{std::move(added), std::move(how)};
}

Result<Added> added_beside(const Message& message, const Disclaimer& disclaimer) {
  const auto body = message.body.view();
  const auto [outer, inner] = free_boundaries(message.headers.wire(), body);
  const auto next = delimiter(outer).substr(2);
  auto front = next + disclaimer_part(disclaimer, inner) + next;
  for (const auto& field : message.headers.fields())
    if (is_content_field(field.name)) front.append(field.name).append(":").append(field.value).append("\r\n");
  front += "\r\n";
  const auto shift = front.size();
  Addition how{
      {{{0, 0}, std::move(front)}, {{body.size(), body.size()}, close_delimiter(outer)}}, 1, shift, true};
  auto bytes = mime::apply_splices(body, how.splices);
  if (!bytes) return tl::unexpected(bytes.error());
  return Added{{outer_headers(message.headers, outer, encoding_around(message.headers, body)),
                SharedBytes(std::move(*bytes))},
               std::move(how)};
}

}  // namespace

Result<Message> add_part(const Message& message, const MimeMap& map, const Disclaimer& disclaimer,
                         const MimeLimits& limits) {
  const bool has_room = map.root().type == "multipart/mixed" && !map.root().is_leaf();
  auto added = has_room ? added_inside(message, map, disclaimer) : added_beside(message, disclaimer);
  if (!added) return tl::unexpected(added.error());
  if (const auto sound = verify_addition({message, map}, added->message, added->how, disclaimer, limits);
      !sound)
    return tl::unexpected(sound.error());
  return std::move(added->message);
}

}  // namespace pams::disclaimer
