#include "rules/message/charset_exact.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <glib.h>
#include <iconv.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/text.hpp"
#include "rules/message/charset.hpp"

namespace pams {
namespace {

class Converter {
 public:
  Converter(const std::string& to, const std::string& from) : handle_(iconv_open(to.c_str(), from.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }

  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: iconv_open(3)

  std::optional<std::string> convert(std::string_view in) {
    std::string out;
    auto* from = const_cast<char*>(in.data());  // NOLINT: iconv(3) reads only
    auto left = in.size();
    if (!step(&from, &left, out)) return std::nullopt;
    // The second call writes what returns a stateful charset to its first state.
    if (!step(nullptr, nullptr, out)) return std::nullopt;
    return out;
  }

 private:
  bool step(char** from, std::size_t* left, std::string& out) {
    std::array<char, 4096> buffer;
    for (;;) {
      auto* to = buffer.data();
      auto room = buffer.size();
      const auto replaced = iconv(handle_, from, left, &to, &room);
      out.append(buffer.data(), buffer.size() - room);
      if (replaced == 0) return true;
      if (replaced != static_cast<std::size_t>(-1) || errno != E2BIG) return false;
    }
  }

  iconv_t handle_;
};

std::optional<std::string> convert(std::string_view in, const std::string& to, const std::string& from) {
  Converter converter(to, from);
  return converter.is_open() ? converter.convert(in) : std::nullopt;
}

bool is_ascii_name(std::string_view charset, std::string_view name) {
  return charset.empty() || text::iequals(name, "us-ascii");
}

bool is_utf8_name(std::string_view name) { return text::iequals(name, "utf-8"); }

std::string ascii_sample() {
  std::string sample = "\t\r\n";
  for (char c = ' '; c <= '~'; ++c) sample += c;
  return sample;
}

bool has_c1_bytes(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) - 0x80U < 0x20U; });
}

/// Families in which ASCII bytes do not always mean themselves; iconv does not know all of their names.
bool is_of_wide_family(std::string_view charset) {
  constexpr std::string_view kFamilies[] = {"hz",  "utf-7",    "utf-16",    "utf-32",
                                            "ucs", "iso-2022", "csiso2022", "unicode"};
  return std::ranges::any_of(kFamilies, [&](auto family) { return text::istarts_with(charset, family); });
}

}  // namespace

CharsetKind charset_kind(std::string_view charset) {
  const auto name = iconv_name(charset);
  if (is_ascii_name(charset, name)) return CharsetKind::Ascii;
  if (is_utf8_name(name)) return CharsetKind::Superset;
  if (name == "iso-2022-jp") return CharsetKind::Iso2022Jp;
  if (is_of_wide_family(charset)) return CharsetKind::Wide;
  if (name.empty()) return CharsetKind::Unknown;
  // A charset with shift states takes their sequences for itself, or refuses them where they do not belong.
  const auto sample = ascii_sample() + "~{~}+-\x1b(B\x1b)B";
  return Converter("utf-8", name).convert(sample) == sample ? CharsetKind::Superset : CharsetKind::Wide;
}

std::optional<std::string> encode_charset(std::string_view utf8, std::string_view charset) {
  const auto name = iconv_name(charset);
  if (is_ascii_name(charset, name))
    return text::is_ascii(utf8) ? std::optional<std::string>(utf8) : std::nullopt;
  if (is_utf8_name(name)) return std::string(utf8);
  return name.empty() ? std::nullopt : convert(utf8, name, "utf-8");
}

std::optional<std::string> decode_charset(std::string_view bytes, std::string_view charset) {
  const auto name = iconv_name(charset);
  if (is_ascii_name(charset, name))
    return text::is_ascii(bytes) ? std::optional<std::string>(bytes) : std::nullopt;
  if (name.empty() || (name == "iso-8859-1" && has_c1_bytes(bytes))) return std::nullopt;
  auto utf8 = convert(bytes, "utf-8", name);
  if (!utf8 || encode_charset(*utf8, charset) != bytes) return std::nullopt;
  return utf8;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto length = utf8_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> transliterate(std::string_view utf8) {
  const std::string in(utf8);
  const GChars ascii(g_str_to_ascii(in.c_str(), "C"));
  std::string out(ascii.get());
  // glib writes "?" for what it does not know.
  if (std::ranges::count(out, '?') != std::ranges::count(in, '?')) return std::nullopt;
  return out;
}

}  // namespace pams
