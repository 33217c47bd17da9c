#include "rules/message/html_entity.hpp"

#include <array>
#include <unordered_map>
#include <utility>

#include "rules/base/text.hpp"

namespace pams {
namespace {

/// U+00A0 to U+00FF in their order.
constexpr std::string_view kLatin1[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",
    "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",
    "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12",
    "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil",
    "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde",
    "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",
    "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",
    "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",
    "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};
static_assert(std::size(kLatin1) == 96);

constexpr std::pair<std::string_view, char32_t> kOthers[] = {
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},      {"apos", '\''},
    {"AMP", '&'},       {"LT", '<'},        {"GT", '>'},        {"QUOT", '"'},      {"OElig", 0x152},
    {"oelig", 0x153},   {"Scaron", 0x160},  {"scaron", 0x161},  {"Yuml", 0x178},    {"fnof", 0x192},
    {"circ", 0x2C6},    {"tilde", 0x2DC},   {"ensp", 0x2002},   {"emsp", 0x2003},   {"thinsp", 0x2009},
    {"zwnj", 0x200C},   {"zwj", 0x200D},    {"lrm", 0x200E},    {"rlm", 0x200F},    {"ndash", 0x2013},
    {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201A},  {"ldquo", 0x201C},
    {"rdquo", 0x201D},  {"bdquo", 0x201E},  {"dagger", 0x2020}, {"Dagger", 0x2021}, {"bull", 0x2022},
    {"hellip", 0x2026}, {"permil", 0x2030}, {"prime", 0x2032},  {"Prime", 0x2033},  {"lsaquo", 0x2039},
    {"rsaquo", 0x203A}, {"euro", 0x20AC},   {"trade", 0x2122},  {"larr", 0x2190},   {"uarr", 0x2191},
    {"rarr", 0x2192},   {"darr", 0x2193},   {"harr", 0x2194},   {"minus", 0x2212},  {"infin", 0x221E},
    {"asymp", 0x2248},  {"ne", 0x2260},     {"le", 0x2264},     {"ge", 0x2265},     {"check", 0x2713},
    {"hearts", 0x2665}, {"Alpha", 0x391},   {"Beta", 0x392},    {"Gamma", 0x393},   {"Delta", 0x394},
    {"Omega", 0x3A9},   {"alpha", 0x3B1},   {"beta", 0x3B2},    {"gamma", 0x3B3},   {"delta", 0x3B4},
    {"epsilon", 0x3B5}, {"lambda", 0x3BB},  {"mu", 0x3BC},      {"pi", 0x3C0},      {"sigma", 0x3C3},
    {"omega", 0x3C9},   {"sum", 0x2211},    {"radic", 0x221A},  {"lang", 0x27E8},   {"rang", 0x27E9},
    {"commat", '@'},    {"period", '.'},    {"colon", ':'},     {"comma", ','},     {"sol", '/'},
    {"lpar", '('},      {"rpar", ')'},      {"num", '#'},       {"excl", '!'},      {"quest", '?'},
    {"NewLine", '\n'},  {"Tab", '\t'},      {"lowbar", '_'},    {"hyphen", 0x2010}, {"dash", 0x2010},
};

/// HTML 13.2.5.80: numbers 128 to 159 mean what they mean in windows-1252.
constexpr std::array<char32_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

const std::unordered_map<std::string_view, char32_t>& entities() {
  static const auto all = [] {
    std::unordered_map<std::string_view, char32_t> map(std::begin(kOthers), std::end(kOthers));
    char32_t character = 0xA0;
    for (const auto name : kLatin1) map.emplace(name, character++);
    return map;
  }();
  return all;
}

int hex_digit(char c) {
  const char l = text::lower(c);
  return text::is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// "#233" or "#xE9" at the front of `s`.
std::size_t decode_number(std::string_view s, std::string& out) {
  const bool is_hex = s.size() > 1 && text::lower(s[1]) == 'x';
  char32_t value = 0;
  std::size_t i = is_hex ? 2 : 1;
  const auto digits = i;
  for (; i < s.size(); ++i) {
    const int digit = is_hex || text::is_digit(s[i]) ? hex_digit(s[i]) : -1;
    if (digit < 0) break;
    if (value <= 0x10FFFF) value = value * (is_hex ? 16 : 10) + static_cast<char32_t>(digit);
  }
  if (i == digits) return 0;
  append_utf8(value >= 0x80 && value < 0xA0 ? kWindows1252[value - 0x80] : value, out);
  return i;
}

}  // namespace

void append_utf8(char32_t character, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((character >> shift) & 0x3FU)); };
  if (character == 0 || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000))
    character = 0xFFFD;
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t decode_entity(std::string_view html, std::string& out) {
  auto rest = html.substr(1);
  std::size_t length = 0;
  if (rest.starts_with('#')) {
    length = decode_number(rest, out);
  } else {
    while (length < rest.size() && length < 10 && text::is_alnum(rest[length])) ++length;
    const auto found = entities().find(rest.substr(0, length));
    if (found == entities().end()) return 0;
    append_utf8(found->second, out);
  }
  if (length == 0) return 0;
  // Browsers read "&copy 2026" too.
  return 1 + length + (rest.substr(length).starts_with(';') ? 1 : 0);
}

}  // namespace pams
