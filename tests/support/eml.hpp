/// Messages in tests, readable in the source and CRLF on the wire.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "rules/message/message.hpp"

namespace pams::test {

/// R"(
/// Subject: x
///
/// Hello
/// )"_eml: line breaks become CRLF, one in front is dropped.
inline std::string operator""_eml(const char* text, std::size_t size) {
  std::string_view lines(text, size);
  if (lines.starts_with('\n')) lines.remove_prefix(1);
  std::string out;
  for (const char c : lines) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

/// Bytes as a failed test shows them: line breaks visible and real, other control bytes as \xNN.
inline std::string show(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n\n";
    } else if (byte < ' ' || byte == 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      out += c;
    }
  }
  return out;
}

/// Wraps bytes for BOOST_TEST(Bytes(a) == Bytes(b)).
struct Bytes {
  explicit Bytes(std::string_view from) : view(from) {}
  std::string_view view;
  friend bool operator==(const Bytes& a, const Bytes& b) { return a.view == b.view; }
  friend std::ostream& operator<<(std::ostream& out, const Bytes& bytes) {
    return out << '\n' << show(bytes.view) << '\n';
  }
};

}  // namespace pams::test
