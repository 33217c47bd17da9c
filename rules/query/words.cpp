#include "rules/query/words.hpp"

#include <cstdint>
#include <stdexcept>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"
#include "rules/unicode/fold.hpp"

namespace pams::query {
namespace {

constexpr std::string_view kAddress = "\xEE\x80\x81";
constexpr std::uint8_t kVoicingMark = 8;  // U+3099 makes another letter of a kana

std::string decomposed(std::string_view utf8) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* nfd = icu::Normalizer2::getNFDInstance(error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU has no data for NFD");
  std::string out;
  icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(utf8.size()));
  nfd->normalizeUTF8(0, icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())), sink, nullptr,
                     error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU could not decompose a text");
  return out;
}

bool has_accents_to_drop(UChar32 letter) {
  const auto script = u_getIntPropertyValue(letter, UCHAR_SCRIPT);
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_ARABIC;
}

bool is_accent(UChar32 character) {
  return u_charType(character) == U_NON_SPACING_MARK &&
         u_getIntPropertyValue(character, UCHAR_SCRIPT) == USCRIPT_INHERITED &&
         u_getCombiningClass(character) != kVoicingMark;
}

/// Of a script whose words only a dictionary could part.
bool is_word_alone(UChar32 letter) {
  const auto how = u_getIntPropertyValue(letter, UCHAR_LINE_BREAK);
  return how == U_LB_IDEOGRAPHIC || how == U_LB_CONDITIONAL_JAPANESE_STARTER || how == U_LB_COMPLEX_CONTEXT;
}

class Writer {
 public:
  explicit Writer(std::size_t size) { out_.reserve(size); }

  void ascii(char c) {
    if (!text::is_alnum(c)) return end_word();
    begin_letter(false, true);
    out_ += c;
  }
  void character(UChar32 c, std::string_view bytes) {
    const auto mask = U_MASK(u_charType(c));
    if ((mask & U_GC_M_MASK) != 0) {
      if (!in_word_ || (drops_accents_ && is_accent(c))) return;
    } else if ((mask & (U_GC_L_MASK | U_GC_N_MASK)) != 0) {
      begin_letter(is_word_alone(c), has_accents_to_drop(c));
    } else {
      return end_word();
    }
    out_ += bytes;
  }
  std::string take() {
    if (out_.ends_with(' ')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void begin_letter(bool is_alone, bool drops_accents) {
    if (is_alone || is_alone_) end_word();
    in_word_ = true;
    is_alone_ = is_alone;
    drops_accents_ = drops_accents;
  }
  void end_word() {
    if (in_word_) out_ += ' ';
    in_word_ = is_alone_ = false;
  }

  std::string out_;
  bool in_word_ = false, is_alone_ = false, drops_accents_ = false;
};

/// An address, a domain behind its @, or the beginning of either.
std::string in_one_form(std::string_view address) {
  if (address.starts_with('@')) return "@" + domain_key(address.substr(1));
  return address.ends_with('@') ? std::string(address) : address_key(address);
}

}  // namespace

std::string words_in(std::string_view utf8) {
  auto plain = folded(utf8);
  if (!text::is_ascii(plain)) plain = decomposed(plain);
  Writer writer(plain.size());
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(plain.data());
  const auto size = static_cast<std::int32_t>(plain.size());
  for (std::int32_t at = 0; at < size;) {
    if (text::is_ascii(plain[static_cast<std::size_t>(at)])) {
      writer.ascii(plain[static_cast<std::size_t>(at++)]);
      continue;
    }
    const auto begin = at;
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(bytes, at, size, character);
    writer.character(character, std::string_view(plain).substr(static_cast<std::size_t>(begin),
                                                               static_cast<std::size_t>(at - begin)));
  }
  return writer.take();
}

std::vector<std::string_view> split_words(std::string_view words) {
  return words.empty() ? std::vector<std::string_view>{} : text::split(words, ' ');
}

std::string address_word(std::string_view address) {
  const auto plain = folded(in_one_form(text::trim(address)));
  std::string out(kAddress);
  for (const char c : plain) {
    // Into the private use area: to the index a character like any other, in a text no part of a word.
    if (text::is_alnum(c) || !text::is_ascii(c))
      out += c;
    else
      out.append("\xEE")
          .append(1, static_cast<char>(0x80 | (c >> 6)))
          .append(1, static_cast<char>(0x80 | (c & 0x3F)));
  }
  return out;
}

std::string address_words(std::string_view address) {
  if (address.empty()) return "";
  auto out = words_in(in_one_form(address));
  if (!out.empty()) out += ' ';
  out += address_word(address);
  if (const auto sign = address.rfind('@'); sign != std::string_view::npos)
    out += ' ' + address_word(address.substr(sign));
  return out;
}

}  // namespace pams::query
