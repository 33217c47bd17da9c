#include "rules/message/conversion.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <unordered_map>

#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// In UTF-16 and UTF-32 whatever is wrong is a whole unit; a step of one byte would misread all that follows.
std::size_t unit_of(std::string_view charset) {
  if (text::istarts_with(charset, "UTF-16") || text::istarts_with(charset, "UCS-2")) return 2;
  return text::istarts_with(charset, "UTF-32") || text::istarts_with(charset, "UCS-4") ? 4 : 1;
}

/// Code points of 80 to 9F.
constexpr std::array<unsigned, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

}  // namespace

/// One descriptor of each known charset stays open: glibc unloads a module that nobody uses and needs 0.4 ms
/// to load it again, which a field that changes its charset with every word would make it do thousands of
/// times. Only what glibc knows is kept, so the table is bounded.
bool is_known_to_iconv(const std::string& name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, Conversion> open_sets;
  const std::scoped_lock lock(mutex);
  if (name.empty()) return false;
  const auto [set, is_new] = open_sets.try_emplace(name, "UTF-8", name);
  if (!is_new || set->second.is_open()) return true;
  open_sets.erase(set);
  return false;
}

Conversion::Conversion(const std::string& to, const std::string& from)
    : handle_(::iconv_open(to.c_str(), from.c_str())), unit_(unit_of(from)) {}

Conversion::~Conversion() {
  if (is_open()) ::iconv_close(handle_);
}

bool Conversion::is_open() const {
  return handle_ != reinterpret_cast<iconv_t>(-1);  // NOLINT: iconv_open(3)
}

int Conversion::run(const char** from, std::size_t* left, std::string& out) {
  std::array<char, 4096> buffer;
  for (;;) {
    auto* to = buffer.data();
    auto room = buffer.size();
    auto** in = const_cast<char**>(from);  // NOLINT: iconv(3) reads only
    const auto replaced = ::iconv(handle_, in, left, &to, &room);
    const int error = errno;
    out.append(buffer.data(), buffer.size() - room);
    const bool has_stopped = replaced == static_cast<std::size_t>(-1);
    is_lossy_ = is_lossy_ || (!has_stopped && replaced > 0);
    if (!has_stopped) return 0;
    if (error != E2BIG) return error;
  }
}

std::optional<std::string> Conversion::exact(std::string_view bytes) {
  std::string out;
  const auto* from = bytes.data();
  auto left = bytes.size();
  if (run(&from, &left, out) != 0 || run(nullptr, nullptr, out) != 0 || is_lossy_) return std::nullopt;
  return out;
}

std::string Conversion::forgiving(std::string_view bytes, BadByte bad_byte) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  const auto* from = bytes.data();
  auto left = bytes.size();
  while (left > 0 && run(&from, &left, out) != 0) {
    if (left == 0) break;
    const auto byte = static_cast<unsigned char>(*from);
    const bool is_letter = bad_byte == BadByte::Windows1252 && byte >= 0x80 && unit_ == 1;
    out += is_letter ? windows_1252(byte) : std::string(kReplacement);
    const auto step = std::min(left, unit_);
    from += step;
    left -= step;
  }
  // Charsets that compose letters (windows-1258) keep the last one back until they are asked.
  run(nullptr, nullptr, out);
  return out;
}

std::string windows_1252(unsigned char byte) {
  const auto point = byte >= 0x80 && byte < 0xA0 ? kWindows1252.at(byte - 0x80U) : byte;
  const auto low = static_cast<char>(0x80U | (point & 0x3FU));
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0U | point >> 6U), low};
  return {static_cast<char>(0xE0U | point >> 12U), static_cast<char>(0x80U | (point >> 6U & 0x3FU)), low};
}

}  // namespace pams
