#include "rules/message/charset.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/message/charset_label.hpp"
#include "rules/message/conversion.hpp"
#include "rules/message/iso_2022.hpp"
#include "rules/message/seven_bit.hpp"

namespace pams {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kLittleEndian = "\xFF\xFE";
constexpr std::string_view kBigEndian = "\xFE\xFF";

/// `bytes` with each that is no UTF-8 as `instead` says.
template <class Instead>
std::string repaired(std::string_view bytes, Instead instead) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto length = utf8_length(bytes);
    if (length > 0)
      out += bytes.substr(0, length);
    else
      out += instead(static_cast<unsigned char>(bytes.front()));
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string read_utf8(std::string_view bytes) { return repaired(bytes, windows_1252); }

std::string read_windows_1252(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += windows_1252(static_cast<unsigned char>(c));
  return out;
}

/// How much of what is beyond ASCII is UTF-8.
struct Share {
  std::size_t good = 0;  ///< characters
  std::size_t bad = 0;   ///< runs of bytes

  /// A stray byte, or a character that is cut at the end, changes nothing of the rest.
  bool is_mostly_utf8() const { return good >= bad; }
  bool is_mixed() const { return good > 0 && bad > 0; }
};

Share share_of_utf8(std::string_view bytes) {
  Share share;
  bool was_bad = false;
  while (!bytes.empty()) {
    const auto length = utf8_length(bytes);
    const bool is_bad = length == 0;
    share.good += length > 1 ? 1 : 0;
    share.bad += is_bad && !was_bad ? 1 : 0;
    was_bad = is_bad;
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return share;
}

std::string read_unlabelled(std::string_view bytes) {
  return share_of_utf8(bytes).is_mostly_utf8() ? read_utf8(bytes) : read_windows_1252(bytes);
}

/// Unknown labels say as little as none.
bool is_unlabelled(std::string_view name) { return name.empty() || name == "US-ASCII"; }

bool has_utf16_mark(std::string_view bytes) {
  return bytes.starts_with(kLittleEndian) || bytes.starts_with(kBigEndian);
}

/// A byte order mark says more than the label.
std::string read_utf16(std::string_view bytes, bool is_big) {
  if (has_utf16_mark(bytes)) {
    is_big = bytes.starts_with(kBigEndian);
    bytes.remove_prefix(kBigEndian.size());
  }
  return Conversion("UTF-8", is_big ? "UTF-16BE" : "UTF-16LE").forgiving(bytes, BadByte::Replacement);
}

/// What `name`, the reading of a label, makes of the bytes.
std::string read_as(const std::string& name, std::string_view bytes) {
  if (is_unlabelled(name)) return read_unlabelled(bytes);
  if (name == "UTF-8") return read_utf8(bytes);
  if (name == "ISO-2022-JP") return read_iso_2022(bytes, read_unlabelled);
  if (name == "HZ") return read_hz(bytes);
  if (name == "UTF-16LE" || name == "UTF-16BE") return read_utf16(bytes, name == "UTF-16BE");
  return repair_utf8(Conversion("UTF-8", name).forgiving(bytes, BadByte::Windows1252));
}

/// ISO 2022 as its sequences announce it, and what stands in none of its sets as `name`.
std::string read_announced(const std::string& name, std::string_view bytes) {
  return read_iso_2022(bytes, [&](std::string_view plain) { return read_as(name, plain); });
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  return read_as(charset_names(charset).reading, bytes);
}

std::vector<std::string> readings(std::string_view bytes, std::string_view charset) {
  const auto name = charset_names(charset).reading;
  std::vector<std::string> all{read_as(name, bytes)};
  if (name == "ISO-2022-JP" || name.starts_with("UTF-16")) return all;
  const auto share = is_unlabelled(name) ? share_of_utf8(bytes) : Share{};
  if (share.is_mixed()) all.push_back(share.is_mostly_utf8() ? read_windows_1252(bytes) : read_utf8(bytes));
  if (has_utf16_mark(bytes)) all.push_back(read_utf16(bytes, false));
  if (is_iso_2022(bytes)) all.push_back(read_announced(name, bytes));
  return all;
}

std::string header_to_utf8(std::string_view bytes, std::string_view charset) {
  const auto name = charset_names(charset).reading;
  if (is_iso_2022(bytes) && name != "ISO-2022-JP") {
    auto announced = read_announced(name, bytes);
    if (announced.find(kReplacement) == std::string::npos) return announced;
  }
  return read_as(name, bytes);
}

std::string repair_utf8(std::string_view bytes) {
  return repaired(bytes, [](unsigned char) { return kReplacement; });
}

}  // namespace pams
