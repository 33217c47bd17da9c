// Promise: whatever the label and the bytes, what is read is UTF-8 and bounded, and ASCII is itself; and
// lines of ASCII that are put where a 7-bit charset is in ASCII change nothing of what stands before and
// after them.
#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"
#include "rules/message/charset_exact.hpp"
#include "rules/message/charset_in_html.hpp"
#include "rules/message/iso_2022.hpp"
#include "rules/message/seven_bit.hpp"
#include "tests/fuzz/fuzz.hpp"

using pams::SevenBit;
using pams::fuzz::promise;

namespace {

constexpr std::string_view kLines = "\r\nNotice\r\n";

std::string read_seven_bit(SevenBit charset, std::string_view text) {
  if (charset == SevenBit::Hz) return pams::read_hz(text);
  if (charset == SevenBit::Utf7) return pams::to_utf8(text, "utf-7");
  return pams::read_iso_2022(text, [](std::string_view plain) { return std::string(plain); });
}

void insert_everywhere(std::string_view text) {
  const auto charset = pams::seven_bit_charset(text);
  promise(pams::mask_iso_2022(text).size() == text.size(), "a mask is as long as its text");
  for (std::size_t at = 0; at <= text.size() && charset != SevenBit::None; ++at) {
    if (!pams::is_ascii_at(charset, text, at)) continue;
    const auto before = text.substr(0, at);
    const auto after = text.substr(at);
    const auto edited = std::string(before).append(kLines).append(after);
    promise(read_seven_bit(charset, edited) ==
                read_seven_bit(charset, before).append(kLines) + read_seven_bit(charset, after),
            "an insertion changes nothing around it");
  }
}

}  // namespace

/// The first line is the label.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = pams::fuzz::text_of(data, size).substr(0, 512);
  const auto feed = std::min(input.find('\n'), input.size());
  const auto label = input.substr(0, feed);
  const auto text = input.substr(std::min(feed + 1, input.size()));
  const auto all = pams::html_readings(text, label);
  for (const auto& reading : all) {
    promise(pams::repair_utf8(reading) == reading, "what is read is UTF-8");
    promise(reading.size() <= 16 * text.size() + 16, "what is read is bounded");
  }
  const auto kind = pams::charset_kind(label);
  const bool is_plain = kind == pams::CharsetKind::Superset || kind == pams::CharsetKind::Ascii;
  if (is_plain && pams::text::is_ascii(text)) promise(all.front() == text, "ASCII is itself");
  if (const auto bytes = is_plain ? pams::encode_charset(all.front(), label) : std::nullopt)
    promise(pams::to_utf8(*bytes, label) == all.front(), "what is written reads back");
  insert_everywhere(text);
  return 0;
}
