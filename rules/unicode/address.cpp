#include "rules/unicode/address.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "rules/base/text.hpp"

namespace pams {
namespace {

/// 253 octets of A-labels are at most so many of UTF-8.
constexpr std::size_t kLongestDomain = 1012;
/// What stands in quotes in a local part, and in no domain.
constexpr std::string_view kSpecials = " \t\r\n\"(),:;<>@[\\]";
constexpr std::string_view kJoiners[] = {"\xE2\x80\x8C", "\xE2\x80\x8D"};

using Convert = void (icu::IDNA::*)(icu::StringPiece, icu::ByteSink&, icu::IDNAInfo&, UErrorCode&) const;

const icu::IDNA& uts46() {
  static const std::unique_ptr<const icu::IDNA> instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<const icu::IDNA> made(icu::IDNA::createUTS46Instance(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE | UIDNA_CHECK_CONTEXTJ, error));
    if (U_FAILURE(error)) throw std::runtime_error("ICU has no data for UTS #46");
    return made;
  }();
  return *instance;
}

const icu::Normalizer2& nfc() {
  UErrorCode error = U_ZERO_ERROR;
  const auto* instance = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) throw std::runtime_error("ICU has no data for NFC");
  return *instance;
}

icu::StringPiece piece(std::string_view s) { return {s.data(), static_cast<std::int32_t>(s.size())}; }

/// nullopt: not valid, or no part of an address any more (a full-width at sign becomes a plain one).
std::optional<std::string> converted(std::string_view text, Convert convert) {
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::IDNAInfo info;
  UErrorCode error = U_ZERO_ERROR;
  (uts46().*convert)(piece(text), sink, info, error);
  if (U_FAILURE(error) || info.hasErrors() || out.find_first_of(kSpecials) != std::string::npos)
    return std::nullopt;
  return out;
}

std::string converted_label(std::string_view label, Convert convert) {
  return converted(label, convert).value_or(text::to_lower(label));
}

/// Each label that is valid, for one that is not spoils the whole name for ICU.
std::string label_by_label(std::string_view domain, Convert convert) {
  std::string out;
  for (const auto label : text::split(domain, '.')) {
    if (label.data() != domain.data()) out += '.';
    out += converted_label(label, convert);
  }
  return out;
}

std::string without_trailing_dot(std::string domain) {
  if (domain.size() > 1 && domain.ends_with('.') && !domain.ends_with("..")) domain.pop_back();
  return domain;
}

std::string without_joiners(std::string_view domain) {
  std::string out(domain);
  for (const auto joiner : kJoiners) out = text::replace_all(out, joiner, "");
  return out;
}

std::string local_of(std::string_view local) {
  if (local.empty()) return "";
  const auto raw = dequoted(local);
  if (!raw.empty() && raw.find_first_of(kSpecials) == std::string::npos) return raw;
  std::string out = "\"";
  for (const char c : raw) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// Characters alone, so that "ss" stays another one than U+00DF; broken bytes stay.
std::string without_case(std::string_view utf8) {
  if (text::is_ascii(utf8)) return text::to_lower(utf8);
  std::string simple;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t at = 0; at < size;) {
    const auto begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, size, character);
    if (character < 0) {
      simple.append(utf8, static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
      continue;
    }
    std::uint8_t folded[U8_MAX_LENGTH];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(folded, length, static_cast<std::uint32_t>(u_foldCase(character, U_FOLD_CASE_DEFAULT)));
    simple.append(reinterpret_cast<const char*>(folded), static_cast<std::size_t>(length));
  }
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode error = U_ZERO_ERROR;
  nfc().normalizeUTF8(0, piece(simple), sink, nullptr, error);
  return U_FAILURE(error) ? simple : out;
}

}  // namespace

AddressParts split_address(std::string_view address) {
  auto at = std::string_view::npos;
  bool is_quoted = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (address[i] == '\\') {
      ++i;
    } else if (address[i] == '"') {
      is_quoted = !is_quoted;
    } else if (address[i] == '@' && !is_quoted) {
      at = i;
    }
  }
  if (is_quoted) at = address.rfind('@');  // no quotes then
  if (at == std::string_view::npos) return {address, {}};
  return {address.substr(0, at), address.substr(at + 1)};
}

std::string dequoted(std::string_view local) {
  std::string out;
  bool is_quoted = false;
  for (std::size_t i = 0; i < local.size(); ++i) {
    if (local[i] == '"') {
      is_quoted = !is_quoted;
    } else {
      if (local[i] == '\\' && i + 1 < local.size()) ++i;
      out += local[i];
    }
  }
  return is_quoted ? std::string(local) : out;
}

std::string looked_up_domain(std::string_view domain) {
  if (text::is_ascii(domain) || domain.size() > kLongestDomain)
    return without_trailing_dot(text::to_lower(domain));
  constexpr auto kToAscii = &icu::IDNA::nameToASCII_UTF8;
  if (auto whole = converted(domain, kToAscii)) return without_trailing_dot(*std::move(whole));
  return without_trailing_dot(label_by_label(domain, &icu::IDNA::labelToASCII_UTF8));
}

std::string canonical_domain(std::string_view domain) {
  auto name = looked_up_domain(domain);
  // A joiner that stands where a script has one is inside an A-label now.
  if (text::is_ascii(name)) return name;
  const auto seen = without_joiners(name);
  return seen.empty() ? name : looked_up_domain(seen);
}

std::string domain_key(std::string_view domain) {
  const auto name = canonical_domain(domain);
  if (name.size() > kLongestDomain || (text::is_ascii(name) && name.find("xn--") == std::string::npos))
    return name;
  return label_by_label(name, &icu::IDNA::labelToUnicodeUTF8);
}

std::string canonical_address(std::string_view address) {
  if (address.empty()) return "";  // the null sender
  const auto [local, domain] = split_address(address);
  return domain.empty() ? local_of(local) : local_of(local) + "@" + canonical_domain(domain);
}

std::string address_key(std::string_view address) {
  if (address.empty()) return "";
  const auto [local, domain] = split_address(address);
  const auto key = without_case(local_of(local));
  return domain.empty() ? key : key + "@" + domain_key(domain);
}

}  // namespace pams
