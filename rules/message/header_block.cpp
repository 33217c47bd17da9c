#include "rules/message/header_block.hpp"

#include "rules/base/text.hpp"

namespace pams {
namespace {

bool is_name_character(char c) { return c > ' ' && c < 0x7F && c != ':'; }

std::size_t name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && is_name_character(line[length])) ++length;
  return length;
}

/// `field` without its last line break.
HeaderField make_field(std::string_view field) {
  if (field.ends_with('\n')) field.remove_suffix(field.ends_with("\r\n") ? 2 : 1);
  const auto colon = field.find(':');
  return {std::string(field.substr(0, colon)), std::string(field.substr(colon + 1))};
}

}  // namespace

Line line_at(std::string_view bytes, std::size_t begin) {
  const auto feed = bytes.find('\n', begin);
  if (feed == std::string_view::npos) return {begin, bytes.size(), bytes.size()};
  const bool has_return = feed > begin && bytes[feed - 1] == '\r';
  return {begin, has_return ? feed - 1 : feed, feed + 1};
}

bool is_field_line(std::string_view line) {
  const auto name = name_length(line);
  return name > 0 && text::trim_left(line.substr(name), " \t").starts_with(':');
}

HeaderBlock read_header_block(std::string_view bytes) {
  HeaderBlock block;
  std::size_t field = 0;  // where the current field begins
  const auto finish_field = [&](std::size_t end) {
    if (end > field) block.fields.push_back(make_field(bytes.substr(field, end - field)));
    field = end;
  };
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto line = line_at(bytes, at);
    const auto content = line.text(bytes);
    const bool continues = at > field && (content.starts_with(' ') || content.starts_with('\t'));
    if (!continues) {
      finish_field(at);
      block.end = block.body = at;
      if (content.empty()) block.body = line.next;
      if (content.empty() || !is_field_line(content)) return block;
    }
    at = line.next;
  }
  finish_field(at);
  block.end = block.body = at;
  return block;
}

}  // namespace pams
