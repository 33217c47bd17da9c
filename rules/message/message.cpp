#include "rules/message/message.hpp"

#include "rules/message/header_block.hpp"

namespace pams {
namespace {

/// Every LF that follows no CR gets one.
std::string with_crlf(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 32);
  while (!bytes.empty()) {
    const auto line = line_at(bytes, 0);
    out += bytes.substr(0, line.end);
    const bool is_broken = line.next > line.end;
    if (is_broken) out += "\r\n";
    bytes.remove_prefix(line.next);
  }
  return out;
}

HeaderEnd end_of_header(std::string_view header, bool has_blank_line) {
  if (has_blank_line) return HeaderEnd::BlankLine;
  return header.empty() || header.ends_with('\n') ? HeaderEnd::LineEnd : HeaderEnd::Nothing;
}

}  // namespace

SharedBytes::SharedBytes(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  view_ = *owner;
  owner_ = std::move(owner);
}

std::size_t Message::wire_size() const {
  std::size_t size = body.view().size();
  if (header_end == HeaderEnd::BlankLine) size += 2;
  if (header_end == HeaderEnd::Nothing) size -= 2;
  for (const auto& field : headers.fields()) size += field.name.size() + field.value.size() + 3;
  return size;
}

std::string Message::wire() const {
  std::string out;
  out.reserve(wire_size());
  out += headers.wire();
  if (header_end == HeaderEnd::BlankLine) out += "\r\n";
  if (header_end == HeaderEnd::Nothing) out.resize(out.size() - 2);
  return out.append(body.view());
}

Message parse_message(std::string_view eml) {
  if (eml.starts_with("From ")) eml.remove_prefix(line_at(eml, 0).next);
  auto owner = std::make_shared<const std::string>(with_crlf(eml));
  const std::string_view bytes = *owner;
  auto block = read_header_block(bytes);
  const auto end = end_of_header(bytes.substr(0, block.end), block.body > block.end);
  return {Headers(std::move(block.fields)), SharedBytes(std::move(owner), bytes.substr(block.body)), end};
}

}  // namespace pams
