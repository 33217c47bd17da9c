#include "rules/message/seven_bit.hpp"

#include <algorithm>
#include <cstdint>

#include "rules/base/text.hpp"
#include "rules/message/conversion.hpp"
#include "rules/message/iso_2022.hpp"

namespace pams {
namespace {

constexpr auto kEnd = std::string_view::npos;
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Reads the UTF-16 units of a run of base64, which end in less than six bits, all of them zero.
class Utf16 {
 public:
  void add(unsigned six_bits) {
    bits_ = (bits_ << 6U | six_bits) & 0xFFFFFFU;
    count_ += 6;
    if (count_ < 16) return;
    count_ -= 16;
    unit(bits_ >> count_ & 0xFFFFU);
  }
  bool is_sound() const {
    const bool has_rest = count_ >= 6 || (bits_ & ((1U << count_) - 1)) != 0;
    return units_ > 0 && is_sound_ && !is_half_ && !has_rest;
  }

 private:
  void unit(unsigned value) {
    const bool is_low = value >= 0xDC00 && value <= 0xDFFF;
    is_sound_ = is_sound_ && is_low == is_half_;
    is_half_ = value >= 0xD800 && value <= 0xDBFF;
    ++units_;
  }

  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
  std::size_t units_ = 0;
  bool is_half_ = false;  ///< a high surrogate waits for its low one
  bool is_sound_ = true;
};

bool is_utf7_run(std::string_view base64) {
  Utf16 units;
  for (const char c : base64) units.add(static_cast<unsigned>(kBase64.find(c)));
  return units.is_sound();
}

/// The base64 behind a "+".
std::string_view run_at(std::string_view text, std::size_t plus) {
  const auto rest = text.substr(plus + 1);
  return rest.substr(0, rest.find_first_not_of(kBase64));
}

bool is_utf7(std::string_view text) {
  bool has_run = false;
  for (auto plus = text.find('+'); plus != kEnd;) {
    const auto run = run_at(text, plus);
    const auto next = plus + 1 + run.size();
    const bool is_plus = run.empty() && text.substr(next).starts_with('-');
    if (!is_plus && !is_utf7_run(run)) return false;
    has_run = has_run || !is_plus;
    plus = text.find('+', next);
  }
  return has_run;
}

bool is_hz(std::string_view text) {
  for (auto open = text.find("~{"); open != kEnd; open = text.find("~{", open + 2)) {
    const auto inner = text.substr(open + 2);
    const auto end = std::ranges::find_if_not(inner, [](char c) { return c > ' ' && c < '~'; });
    const auto length = static_cast<std::size_t>(end - inner.begin());
    if (length >= 2 && inner.substr(length).starts_with("~}")) return true;
  }
  return false;
}

/// Both for those who read on in pairs and for those who look for the next "~}", and whether or not a line
/// end closes what is open.
bool is_ascii_in_hz(std::string_view before) {
  const auto open = before.rfind("~{");
  if (open != kEnd && before.find("~}", open + 2) == kEnd) return false;
  bool is_two_byte = false;
  std::size_t at = 0;
  while (at < before.size()) {
    const auto pair = before.substr(at, 2);
    const bool is_line_end = pair.front() == '\r' || pair.front() == '\n';
    const bool is_single = is_line_end || (!is_two_byte && pair.front() != '~');
    is_two_byte = !is_line_end && (is_two_byte ? pair != "~}" : pair == "~{");
    at += is_single ? 1 : 2;
  }
  return !is_two_byte && at == before.size();
}

bool is_ascii_in_utf7(std::string_view text, std::size_t at) {
  const auto plus = text.substr(0, at).rfind('+');
  return plus == kEnd || plus + 1 + run_at(text, plus).size() < at || at == text.size();
}

}  // namespace

SevenBit seven_bit_charset(std::string_view text) {
  if (is_iso_2022(text)) return SevenBit::Iso2022;
  if (!text::is_ascii(text)) return SevenBit::None;
  if (is_hz(text)) return SevenBit::Hz;
  return is_utf7(text) ? SevenBit::Utf7 : SevenBit::None;
}

bool is_ascii_at(SevenBit charset, std::string_view text, std::size_t at) {
  switch (charset) {
    case SevenBit::None:
      return true;
    case SevenBit::Iso2022:
      return is_ascii_in_iso_2022(text, at);
    case SevenBit::Hz:
      return is_ascii_in_hz(text.substr(0, at));
    case SevenBit::Utf7:
      return is_ascii_in_utf7(text, at);
  }
  return false;
}

std::string read_hz(std::string_view text) {
  std::string gb;
  bool is_two_byte = false;
  while (!text.empty()) {
    const auto pair = text.substr(0, 2);
    const char c = text.front();
    auto length = pair.size();
    if (c == '\n' || c == '\r') {  // RFC 1843: a line begins in ASCII
      is_two_byte = false;
      length = 1;
      gb += c;
    } else if (pair == (is_two_byte ? "~}" : "~{")) {
      is_two_byte = !is_two_byte;
    } else if (is_two_byte) {
      for (const char one : pair) gb += static_cast<char>(one | 0x80);
    } else if (pair == "~~") {
      gb += '~';
    } else if (pair != "~\n") {
      length = 1;
      gb += c;
    }
    text.remove_prefix(length);
  }
  return Conversion("UTF-8", "GB18030").forgiving(gb, BadByte::Replacement);
}

}  // namespace pams
