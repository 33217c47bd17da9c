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

}  // namespace

SharedBytes::SharedBytes(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  view_ = *owner;
  owner_ = std::move(owner);
}

std::size_t Message::wire_size() const {
  std::size_t size = (has_blank_line ? 2 : 0) + body.view().size();
  for (const auto& field : headers.fields()) size += field.name.size() + field.value.size() + 3;
  return size;
}

std::string Message::wire() const {
  std::string out;
  out.reserve(wire_size());
  return out.append(headers.wire()).append(has_blank_line ? "\r\n" : "").append(body.view());
}

Message parse_message(std::string_view eml) {
  if (eml.starts_with("From ")) eml.remove_prefix(line_at(eml, 0).next);
  auto owner = std::make_shared<const std::string>(with_crlf(eml));
  const std::string_view bytes = *owner;
  auto block = read_header_block(bytes);
  const bool has_blank_line = block.body > block.end;
  return {Headers(std::move(block.fields)), SharedBytes(std::move(owner), bytes.substr(block.body)),
          has_blank_line};
}

}  // namespace pams
