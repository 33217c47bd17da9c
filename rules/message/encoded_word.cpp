#include "rules/message/encoded_word.hpp"

#include <algorithm>
#include <optional>

#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"
#include "rules/message/charset_label.hpp"
#include "rules/message/transfer_encoding.hpp"

namespace pams {
namespace {

struct Word {
  std::string charset;  ///< lower case, without RFC 2231's "*language"
  std::string bytes;
  std::size_t length = 0;  ///< of the word as written
};

/// The encoded word at the front of `s`, which starts with "=?".
std::optional<Word> read_word(std::string_view s) {
  const auto charset_end = s.find_first_of("? \t", 2);
  if (charset_end == std::string_view::npos || s[charset_end] != '?' || charset_end == 2) return std::nullopt;
  const auto rest = s.substr(charset_end + 1);
  if (rest.size() < 4 || rest[1] != '?') return std::nullopt;
  const char encoding = text::lower(rest[0]);
  if (encoding != 'q' && encoding != 'b') return std::nullopt;
  auto charset = text::to_lower(s.substr(2, charset_end - 2));
  charset.resize(std::min(charset.find('*'), charset.size()));
  const auto end = rest.find("?=", 2);  // a raw "?" inside is wrong but common
  if (end == std::string_view::npos) return std::nullopt;
  const auto encoded = rest.substr(2, end - 2);
  return Word{std::move(charset), encoding == 'q' ? decode_q_word(encoded) : decode_base64(encoded),
              charset_end + 1 + end + 2};
}

/// Gathers what decode_words reads: plain text as it is, words until their charset ends.
class WordReader {
 public:
  void plain(std::string_view bytes) {
    if (bytes.empty()) return;
    const bool is_gap = in_word_ && text::trim(bytes).empty();
    if (is_gap) {
      gap_ = bytes;
      return;
    }
    flush();
    out_ += header_to_utf8(bytes, {});
  }
  void word(const Word& word) {
    gap_ = {};
    if (in_word_ && charset_names(word.charset).reading != charset_names(charset_).reading) flush();
    in_word_ = true;
    charset_ = word.charset;
    pending_ += word.bytes;
  }
  std::string finish() {
    flush();
    return std::move(out_);
  }

 private:
  void flush() {
    if (in_word_) out_ += header_to_utf8(pending_, charset_);
    out_ += gap_;
    pending_.clear();
    gap_ = {};
    in_word_ = false;
  }

  std::string out_, pending_, charset_;
  std::string_view gap_;  ///< blanks after a word, kept until it is clear whether a word follows
  bool in_word_ = false;
};

constexpr std::string_view kHead = "=?utf-8?";
constexpr std::size_t kMaxPayload = 75 - kHead.size() - 4;  // "Q?" and "?="

/// The characters that RFC 2047 5 (3) allows in every place, also in the phrase before an address.
bool is_plain_in_q(char c) {
  return text::is_alnum(c) || std::string_view("!*+-/").find(c) != std::string_view::npos;
}

std::string q_character(std::string_view character) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (character == " ") return "_";
  if (is_plain_in_q(character.front())) return std::string(character);
  std::string out;
  for (const char c : character) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'=', kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return out;
}

}  // namespace

std::string decode_words(std::string_view value) {
  WordReader reader;
  const auto last_end = value.rfind("?=");  // no word begins after it, so hopeless starts cost nothing
  std::size_t plain = 0;
  for (auto at = value.find("=?");
       at != std::string_view::npos && last_end != std::string_view::npos && at < last_end;) {
    const auto word = read_word(value.substr(at));
    if (!word) {
      at = value.find("=?", at + 1);
      continue;
    }
    reader.plain(value.substr(plain, at - plain));
    reader.word(*word);
    plain = at + word->length;
    at = value.find("=?", plain);
  }
  reader.plain(value.substr(plain));
  return reader.finish();
}

std::string encode_words(std::string_view utf8) {
  std::string out;
  std::string payload;
  const auto close = [&] {
    if (payload.empty()) return;
    if (!out.empty()) out += ' ';
    out.append(kHead).append("Q?").append(payload).append("?=");
    payload.clear();
  };
  while (!utf8.empty()) {
    const auto length = std::max<std::size_t>(utf8_length(utf8), 1);
    const auto encoded = q_character(utf8.substr(0, length));
    if (payload.size() + encoded.size() > kMaxPayload) close();
    payload += encoded;
    utf8.remove_prefix(length);
  }
  close();
  return out;
}

}  // namespace pams
