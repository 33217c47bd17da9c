#include "rules/disclaimer/new_parts.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "rules/base/text.hpp"
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

std::string text_part(std::string_view type, std::string_view text) {
  return "Content-Type: " + std::string(type) +
         "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
         mime::encode_quoted_printable(text::replace_all(text, "\n", "\r\n"));
}

}  // namespace

std::array<std::string, 2> free_boundaries(std::string_view header, std::string_view body) {
  // Of n + 2 numbers, n occurrences leave two free: a message full of our boundaries costs no more than
  // others.
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

std::string delimiter(std::string_view boundary) { return "\r\n--" + std::string(boundary) + "\r\n"; }
std::string close_delimiter(std::string_view boundary) { return "\r\n--" + std::string(boundary) + "--\r\n"; }

std::string disclaimer_part(const Disclaimer& disclaimer, std::string_view boundary) {
  return "Content-Type: multipart/alternative; boundary=\"" + std::string(boundary) + "\"\r\n" +
         delimiter(boundary) + text_part("text/plain", disclaimer.text) + delimiter(boundary) +
         text_part("text/html", disclaimer.html) + close_delimiter(boundary);
}

bool is_content_field(std::string_view name) { return text::istarts_with(name, "Content-"); }

std::string_view encoding_around(const Headers& header, std::string_view body) {
  const auto* field = header.find("Content-Transfer-Encoding");
  if (field != nullptr && text::iequals(field->unfolded(), "binary")) return "binary";
  return text::is_ascii(header.wire()) && text::is_ascii(body) ? "" : "8bit";
}

Headers outer_headers(const Headers& original, std::string_view boundary, std::string_view encoding) {
  Headers outer;
  for (const auto& field : original.fields())
    if (!is_content_field(field.name)) outer.append(field);
  if (!outer.has("MIME-Version")) outer.append({"MIME-Version", " 1.0"});
  outer.append({"Content-Type", " multipart/mixed; boundary=\"" + std::string(boundary) + "\""});
  if (!encoding.empty()) outer.append({"Content-Transfer-Encoding", " " + std::string(encoding)});
  return outer;
}

}  // namespace pams::disclaimer
