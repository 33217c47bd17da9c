#include "rules/actions/values.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/message/header.hpp"

namespace pams::rules {

Status check_field_name(std::string_view name) {
  if (is_header_name(name)) return {};
  return fail(Failure::Misconfigured, "'" + text::printable(name) + "' is not the name of a header field");
}

Status check_one_line(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
  if (std::ranges::none_of(text, is_control)) return {};
  return fail(Failure::Misconfigured,
              "'" + text::printable(text) + "' must be one line without control characters");
}

Status check_reply_text(std::string_view text) {
  if (auto line = check_one_line(text); !line) return line;
  if (text.empty() || text.size() > 256)
    return fail(Failure::Misconfigured, "the text must have 1 to 256 characters");
  if (!text::is_ascii(text))
    return fail(Failure::Misconfigured,
                "'" + text::printable(text) + "': an SMTP reply can carry ASCII only");
  return {};
}

}  // namespace pams::rules
