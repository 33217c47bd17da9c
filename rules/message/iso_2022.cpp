#include "rules/message/iso_2022.hpp"

#include <algorithm>
#include <map>

#include "rules/base/text.hpp"
#include "rules/message/conversion.hpp"

namespace pams {
namespace {

constexpr char kEscape = '\x1B';
constexpr char kShiftOut = '\x0E';
constexpr char kShiftIn = '\x0F';
constexpr std::string_view kShifts = "\x1B\x0E\x0F";

/// A set that a sequence designates, and how iconv reads it: `lead` and the bytes with their high bit set.
struct Set {
  std::string_view designation;  ///< after the ESC
  std::string_view charset;      ///< "" for ASCII
  std::size_t width = 1;
  std::string_view lead;
};

/// JIS X 0201's Latin half differs from ASCII in a yen sign and an overline only, and is read as ASCII; but
/// it is another set where something is written.
constexpr Set kSets[] = {{"(B", "", 1, ""},
                         {"(J", "", 1, ""},
                         {"(H", "", 1, ""},
                         {"(I", "EUC-JP-MS", 1, "\x8E"},
                         {"$@", "EUC-JP-MS", 2, ""},
                         {"$B", "EUC-JP-MS", 2, ""},
                         {"$(@", "EUC-JP-MS", 2, ""},
                         {"$(B", "EUC-JP-MS", 2, ""},
                         {"$(D", "EUC-JP-MS", 2, "\x8F"},
                         {"$(O", "EUC-JISX0213", 2, ""},
                         {"$(Q", "EUC-JISX0213", 2, ""},
                         {"$(P", "EUC-JISX0213", 2, "\x8F"},
                         {"$A", "GB18030", 2, ""},
                         {"$(A", "GB18030", 2, ""},
                         {"$(C", "CP949", 2, ""},
                         {"$)A", "GB18030", 2, ""},
                         {"$)C", "CP949", 2, ""},
                         {"$)G", "EUC-TW", 2, ""}};

/// Length of an escape sequence of type nF (ECMA-35 13.2) at the front of `s`: ESC, bytes 20-2F, a final
/// byte. 0 when there is none.
std::size_t sequence_length(std::string_view s) {
  std::size_t i = 1;
  while (i < s.size() && s[i] >= 0x20 && s[i] <= 0x2F) ++i;
  return s.starts_with(kEscape) && i > 1 && i < s.size() && s[i] >= 0x30 && s[i] <= 0x7E ? i + 1 : 0;
}

bool is_to_ascii(std::string_view sequence) { return sequence.substr(1) == "(B"; }

bool is_to_latin(std::string_view sequence) {
  const auto* set = std::ranges::find(kSets, sequence.substr(1), &Set::designation);
  return set != std::end(kSets) && set->charset.empty();
}

/// Whether it changes only what plain bytes mean (G0).
bool is_for_g0(std::string_view sequence) {
  const auto kind = sequence.substr(1);
  return kind.starts_with('(') || kind.starts_with("$(") || (kind.starts_with('$') && kind.size() == 2);
}

/// An escape sequence that the end of the text cuts.
bool is_cut(std::string_view s) {
  return std::ranges::all_of(s.substr(1), [](char c) { return c >= 0x20 && c <= 0x2F; });
}

bool is_graphic(char c) { return c >= 0x21 && c <= 0x7E; }

/// Walks over the text; `set` is what its bytes mean now.
class Reader {
 public:
  explicit Reader(const std::function<std::string(std::string_view)>& plain) : plain_(plain) {}

  std::string read(std::string_view text) {
    while (!text.empty()) text.remove_prefix(step(text));
    flush();
    return std::move(out_);
  }

 private:
  std::size_t step(std::string_view text) {
    const char c = text.front();
    if (c == kEscape) return escape(text);
    if (c == kShiftOut || c == kShiftIn) {
      turn_to(c == kShiftOut ? g1_ : g0_);
      return 1;
    }
    const bool is_line_end = c == '\r' || c == '\n';
    if (is_line_end && (now_ != kSets || g0_ != kSets)) turn_to(g0_ = kSets);
    const bool is_of_set = !now_->charset.empty() && is_graphic(c);
    if (is_of_set != is_pending_of_set_) flush();
    is_pending_of_set_ = is_of_set;
    pending_ += c;
    return 1;
  }

  std::size_t escape(std::string_view text) {
    const auto length = sequence_length(text);
    const auto designation = text.substr(1, std::max<std::size_t>(length, 1) - 1);
    const auto* set = std::ranges::find(kSets, designation, &Set::designation);
    if (length == 0 || set == std::end(kSets)) {
      flush();
      pending_ += text.front();
      return 1;
    }
    if (designation.starts_with("$)"))
      g1_ = set;
    else
      turn_to(g0_ = set);
    return length;
  }

  void turn_to(const Set* set) {
    flush();
    now_ = set;
  }

  void flush() {
    if (!pending_.empty()) out_ += is_pending_of_set_ ? from_set() : plain_(pending_);
    pending_.clear();
    is_pending_of_set_ = false;
  }

  std::string from_set() {
    std::string high;
    std::size_t i = 0;
    for (; i + now_->width <= pending_.size(); i += now_->width) {
      high += now_->lead;
      for (const char c : pending_.substr(i, now_->width)) high += static_cast<char>(c | 0x80);
    }
    const std::string name(now_->charset);
    const auto conversion = conversions_.try_emplace(name, "UTF-8", name).first;
    const bool is_cut = i < pending_.size();
    if (!conversion->second.is_open()) return plain_(pending_);
    return conversion->second.forgiving(high, BadByte::Replacement) + (is_cut ? "\xEF\xBF\xBD" : "");
  }

  const std::function<std::string(std::string_view)>& plain_;
  std::map<std::string, Conversion> conversions_;
  const Set* g0_ = kSets;
  const Set* g1_ = kSets;
  const Set* now_ = kSets;
  bool is_pending_of_set_ = false;
  std::string pending_, out_;
};

}  // namespace

bool is_iso_2022(std::string_view text) {
  const bool is_seven_bit = text::is_ascii(text);
  for (auto at = text.find_first_of(kShifts); at != std::string_view::npos;
       at = text.find_first_of(kShifts, at + 1)) {
    if (text[at] != kEscape && is_seven_bit) return true;
    const auto length = sequence_length(text.substr(at));
    if (length > 0 && !is_to_ascii(text.substr(at, length))) return true;
  }
  return false;
}

bool is_ascii_in_iso_2022(std::string_view text, std::size_t at) {
  bool is_ascii = true;
  for (auto mark = text.find_first_of(kShifts); mark != std::string_view::npos;
       mark = text.find_first_of(kShifts, mark + 1)) {
    if (text[mark] != kEscape) return false;
    const auto length = sequence_length(text.substr(mark));
    const auto sequence = text.substr(mark, length);
    // Another set beside the plain one: what shifts to it need not survive a line end.
    if (length > 0 && !is_for_g0(sequence)) return false;
    if (mark < at && (at < mark + length || (length == 0 && is_cut(text.substr(mark))))) return false;
    if (mark < at && length > 0) is_ascii = is_to_ascii(sequence);
  }
  return is_ascii;
}

std::string mask_iso_2022(std::string_view text) {
  std::string out(text);
  bool is_latin = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto length = text[i] == kEscape ? sequence_length(text.substr(i)) : 0;
    if (length > 0) {
      is_latin = is_to_latin(text.substr(i, length));
      i += length - 1;
    } else if (!is_latin && is_graphic(text[i])) {
      out[i] = 'x';
    }
  }
  return out;
}

std::string read_iso_2022(std::string_view text, const std::function<std::string(std::string_view)>& plain) {
  return Reader(plain).read(text);
}

}  // namespace pams
