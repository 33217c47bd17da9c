#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "rules/base/text.hpp"
#include "rules/disclaimer/disclaimer.hpp"
#include "rules/mime/quoted_printable.hpp"

namespace pams::disclaimer {
namespace {

constexpr std::string_view kBoundary = "=_pams-wrap-";
constexpr std::size_t kDigits = 8;

std::string eight_digits(std::size_t number) {
  auto digits = std::to_string(number);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

template <class Visit>
void each_number(std::string_view bytes, Visit visit) {
  for (auto at = bytes.find(kBoundary); at != std::string_view::npos; at = bytes.find(kBoundary, at + 1)) {
    const auto digits = bytes.substr(at + kBoundary.size(), kDigits);
    std::size_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    visit(number);
  }
}

/// Two boundaries that occur nowhere in the message: of n + 2 numbers, n occurrences leave two free. A
/// message full of our boundaries costs no more than any other.
std::array<std::string, 2> free_boundaries(std::string_view header, std::string_view body) {
  std::vector<bool> is_free(2, true);
  const auto count = [&](std::size_t) { is_free.push_back(true); };
  each_number(header, count);
  each_number(body, count);
  const auto take = [&](std::size_t number) {
    if (number < is_free.size()) is_free[number] = false;
  };
  each_number(header, take);
  each_number(body, take);
  std::array<std::string, 2> boundaries;
  std::size_t number = 0;
  for (auto& boundary : boundaries) {
    while (!is_free[number]) ++number;
    boundary = std::string(kBoundary) + eight_digits(number++);
  }
  return boundaries;
}

bool describes_content(std::string_view name) {
  return text::istarts_with(name, "Content-") || text::iequals(name, "MIME-Version");
}

/// RFC 2045 6.4: a composite says 8bit when anything in it is.
std::string_view encoding_field(bool is_8bit) { return is_8bit ? "Content-Transfer-Encoding: 8bit\r\n" : ""; }

Headers outer_headers(const Headers& original, std::string_view boundary, bool is_8bit) {
  Headers outer;
  for (const auto& field : original.fields())
    if (!describes_content(field.name)) outer.append(field);
  outer.append({"MIME-Version", " 1.0"});
  outer.append({"Content-Type", " multipart/mixed; boundary=\"" + std::string(boundary) + "\""});
  if (is_8bit) outer.append({"Content-Transfer-Encoding", " 8bit"});
  return outer;
}

std::string delimiter(std::string_view boundary) { return "\r\n--" + std::string(boundary) + "\r\n"; }
std::string close_delimiter(std::string_view boundary) { return "\r\n--" + std::string(boundary) + "--\r\n"; }

std::string text_part(std::string_view type, std::string_view text) {
  return "Content-Type: " + std::string(type) +
         "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
         mime::encode_quoted_printable(text::replace_all(text, "\n", "\r\n"));
}

std::string disclaimer_part(const Disclaimer& disclaimer, std::string_view boundary) {
  return "Content-Type: multipart/alternative; boundary=\"" + std::string(boundary) + "\"\r\n" +
         delimiter(boundary) + text_part("text/plain", disclaimer.text) + delimiter(boundary) +
         text_part("text/html", disclaimer.html) + close_delimiter(boundary);
}

}  // namespace

Message wrap(const Message& message, const Disclaimer& disclaimer) {
  const auto header = message.headers.wire();
  const auto original = message.body.view();
  const bool is_8bit = !text::is_ascii(header) || !text::is_ascii(original);
  const auto [outer, inner] = free_boundaries(header, original);
  auto front = delimiter(outer).substr(2) + disclaimer_part(disclaimer, inner) + delimiter(outer).substr(2);
  front.append("Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n")
      .append(encoding_field(is_8bit))
      .append("\r\n");
  const auto end = close_delimiter(outer);

  std::string body;
  body.reserve(front.size() + header.size() + 2 + original.size() + end.size());
  body.append(front).append(header).append("\r\n").append(original).append(end);
  return {outer_headers(message.headers, outer, is_8bit), SharedBytes(std::move(body))};
}

}  // namespace pams::disclaimer
