#include "rules/message/charset_label.hpp"

#include <algorithm>
#include <unordered_map>

#include "rules/base/text.hpp"
#include "rules/message/conversion.hpp"

namespace pams {
namespace {

struct Row {
  std::string_view reading, writing, labels;
};

/// The standard's labels, and behind them those of its kind that mail has besides. Where the standard only
/// knows how to refuse ("replacement"), mail programs read: iso-2022-kr, iso-2022-cn (iconv's) and hz.
/// x-user-defined says nothing that could be read, and counts as unknown. Of x-mac-cyrillic there are two,
/// which differ in a few letters.
constexpr Row kRows[] = {
    {"UTF-8", "UTF-8",
     "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 csutf8 utf_8"},
    {"US-ASCII", "US-ASCII",
     "us-ascii ascii ansi_x3.4-1968 ansi_x3.4-1986 iso-ir-6 iso_646.irv:1991 iso646-us us ibm367 cp367 "
     "csascii"},
    {"CP1252", "ISO-8859-1",
     "iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 latin1 latin-1 l1 iso-ir-100 csisolatin1 cp819 "
     "ibm819"},
    {"CP1252", "CP1252", "windows-1252 cp1252 x-cp1252"},
    {"CP1254", "ISO-8859-9",
     "iso-8859-9 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 latin5 l5 iso-ir-148 csisolatin5"},
    {"CP1254", "CP1254", "windows-1254 cp1254 x-cp1254"},
    {"CP874", "TIS-620", "tis-620 iso-8859-11 iso8859-11 iso885911"},
    {"CP874", "CP874", "windows-874 dos-874 cp874"},
    {"CP1250", "CP1250", "windows-1250 cp1250 x-cp1250"},
    {"CP1251", "CP1251", "windows-1251 cp1251 x-cp1251"},
    {"CP1253", "CP1253", "windows-1253 cp1253 x-cp1253"},
    {"CP1255", "CP1255", "windows-1255 cp1255 x-cp1255"},
    {"CP1256", "CP1256", "windows-1256 cp1256 x-cp1256"},
    {"CP1257", "CP1257", "windows-1257 cp1257 x-cp1257"},
    {"CP1258", "CP1258", "windows-1258 cp1258 x-cp1258"},
    {"ISO-8859-2", "ISO-8859-2",
     "iso-8859-2 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 latin2 l2 iso-ir-101 csisolatin2"},
    {"ISO-8859-3", "ISO-8859-3",
     "iso-8859-3 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 latin3 l3 iso-ir-109 csisolatin3"},
    {"ISO-8859-4", "ISO-8859-4",
     "iso-8859-4 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 latin4 l4 iso-ir-110 csisolatin4"},
    {"ISO-8859-5", "ISO-8859-5",
     "iso-8859-5 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988 cyrillic iso-ir-144 csisolatincyrillic"},
    {"ISO-8859-6", "ISO-8859-6",
     "iso-8859-6 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 iso-8859-6-e iso-8859-6-i csiso88596e "
     "csiso88596i arabic asmo-708 ecma-114 iso-ir-127 csisolatinarabic"},
    {"ISO-8859-7", "ISO-8859-7",
     "iso-8859-7 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 greek greek8 ecma-118 elot_928 iso-ir-126 "
     "csisolatingreek sun_eu_greek"},
    {"ISO-8859-8", "ISO-8859-8",
     "iso-8859-8 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 iso-8859-8-e iso-8859-8-i csiso88598e "
     "csiso88598i hebrew visual logical iso-ir-138 csisolatinhebrew"},
    {"ISO-8859-10", "ISO-8859-10", "iso-8859-10 iso8859-10 iso885910 latin6 l6 iso-ir-157 csisolatin6"},
    {"ISO-8859-13", "ISO-8859-13", "iso-8859-13 iso8859-13 iso885913"},
    {"ISO-8859-14", "ISO-8859-14", "iso-8859-14 iso8859-14 iso885914"},
    {"ISO-8859-15", "ISO-8859-15",
     "iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin-9 latin9 csisolatin9"},
    {"ISO-8859-16", "ISO-8859-16", "iso-8859-16 iso8859-16 iso885916"},
    {"KOI8-R", "KOI8-R", "koi8-r koi8r koi8_r koi8 koi cskoi8r"},
    {"KOI8-U", "KOI8-U", "koi8-u koi8u koi8-ru"},
    {"IBM866", "IBM866", "ibm866 cp866 866 csibm866"},
    {"CP850", "CP850", "cp850 cp-850 ibm850"},
    {"MACINTOSH", "MACINTOSH", "macintosh mac csmacintosh x-mac-roman macroman"},
    {"MAC-UK", "", "x-mac-cyrillic x-mac-ukrainian"},
    {"GB18030", "EUC-CN",
     "gb2312 gb_2312 gb_2312-80 csgb2312 csiso58gb231280 iso-ir-58 chinese euc-cn x-euc-cn"},
    // Whoever reads gbk reads gb18030 (WHATWG, Encoding 10.1.1), so all of Unicode can be written.
    {"GB18030", "GB18030", "gb18030 gbk x-gbk cp936 ms936 windows-936"},
    {"HZ", "HZ", "hz-gb-2312 hz"},
    {"BIG5-HKSCS", "BIG5", "big5 big-5 cn-big5 csbig5 x-x-big5"},
    {"BIG5-HKSCS", "BIG5-HKSCS", "big5-hkscs big5hkscs"},
    {"EUC-JP-MS", "EUC-JP", "euc-jp x-euc-jp x-euc cseucpkdfmtjapanese"},
    {"ISO-2022-JP", "ISO-2022-JP",
     "iso-2022-jp csiso2022jp iso2022jp iso-2022-jp-1 iso-2022-jp-2 csiso2022jp2 iso2022jp2 iso-2022-jp-3 "
     "iso-2022-jp-ms iso-2022-jp-ext x-iso-2022-jp cp50220 cp50221 cp50222 jis jis7"},
    {"CP932", "SJIS", "shift_jis shift-jis sjis x-sjis ms_kanji csshiftjis"},
    {"CP932", "CP932", "windows-31j cswindows31j ms932 cp932 windows-932"},
    {"CP949", "EUC-KR",
     "euc-kr cseuckr ks_c_5601-1987 ks_c_5601-1989 ks_c_5601 csksc56011987 ksc5601 ksc_5601 korean "
     "iso-ir-149"},
    {"CP949", "CP949", "windows-949 cp949 x-windows-949 ms949 uhc"},
    {"UTF-16LE", "UTF-16LE",
     "utf-16 utf-16le ucs-2 iso-10646-ucs-2 unicode csunicode unicodefeff utf16 utf16le"},
    {"UTF-16BE", "UTF-16BE", "utf-16be unicodefffe utf16be"},
    {"UTF-7", "UTF-7", "utf-7 utf7 unicode-1-1-utf-7 csunicode11utf7 unicode-2-0-utf-7 x-unicode-2-0-utf-7"},
    {"", "", "x-user-defined"},
};

using Labels = std::unordered_map<std::string_view, const Row*>;

const Labels& labels() {
  static const Labels all = [] {
    Labels map;
    for (const auto& row : kRows)
      for (const auto label : text::split(row.labels, ' ')) map.emplace(label, &row);
    return map;
  }();
  return all;
}

/// No "+": glibc leaves it out of a name, so that one set would have as many names as a sender can write.
bool is_name(std::string_view label) {
  return !label.empty() && label.size() <= 64 && text::is_alnum(label.front()) &&
         std::ranges::all_of(label, [](char c) {
           return text::is_alnum(c) || std::string_view("._:-").find(c) != std::string_view::npos;
         });
}

bool can_read(std::string_view name) { return name == "HZ" || is_known_to_iconv(std::string(name)); }

}  // namespace

CharsetNames charset_names(std::string_view label) {
  const auto name = text::to_lower(text::trim(label, " \t\"'"));
  if (!is_name(name)) return {};
  if (const auto row = labels().find(name); row != labels().end()) {
    const auto& [reading, writing, all] = *row->second;
    if (!can_read(reading)) return {};
    return {std::string(reading), std::string(writing)};
  }
  return is_known_to_iconv(name) ? CharsetNames{name, name} : CharsetNames{};
}

}  // namespace pams
