// Promise: tokens tile any HTML, the text it shows is well-formed, and a disclaimer's place in it is not
// inside markup.
#include "rules/disclaimer/html_place.hpp"
#include "rules/html/html_scan.hpp"
#include "rules/html/html_text.hpp"
#include "rules/message/charset.hpp"
#include "tests/fuzz/fuzz.hpp"

using pams::fuzz::promise;

namespace {

using pams::disclaimer::Location;

void check_place(std::string_view html, Location location) {
  const auto found = pams::disclaimer::html_place(html, location);
  if (!found) return;
  const auto place = *found;
  promise(place <= html.size(), "a disclaimer stands in the text");
  pams::HtmlScan scan(html);
  while (const auto token = scan.next())
    if (token->begin < place && place < token->end)
      promise(token->kind == pams::HtmlKind::Text, "a disclaimer does not stand inside markup");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto html = pams::repair_utf8(pams::fuzz::text_of(data, size));
  pams::HtmlScan scan(html);
  std::size_t at = 0;
  while (const auto token = scan.next()) {
    promise(token->begin == at && token->end > at, "tokens tile the input");
    at = token->end;
  }
  promise(at == html.size(), "tokens reach the end");
  check_place(html, Location::Append);
  check_place(html, Location::Prepend);
  const auto text = pams::html_to_text(html);
  promise(pams::repair_utf8(text) == text, "text is UTF-8");
  return 0;
}
