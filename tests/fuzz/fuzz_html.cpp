// Promise: tokens tile any HTML, and the text it shows is well-formed.
#include "rules/message/charset.hpp"
#include "rules/message/content.hpp"
#include "rules/message/html_scan.hpp"
#include "tests/fuzz/fuzz.hpp"

using pams::fuzz::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto html = pams::repair_utf8(pams::fuzz::text_of(data, size));
  pams::HtmlScan scan(html);
  std::size_t at = 0;
  while (const auto token = scan.next()) {
    promise(token->begin == at && token->end > at, "tokens tile the input");
    at = token->end;
  }
  promise(at == html.size(), "tokens reach the end");
  const auto text = pams::html_to_text(html);
  promise(pams::repair_utf8(text) == text, "text is UTF-8");
  return 0;
}
