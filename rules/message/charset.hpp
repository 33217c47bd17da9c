/// Character sets of mail, as far as it takes to read text. Conversion is iconv's; which name iconv knows a
/// charset by is told here. Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>

#include "rules/base/utf8.hpp"

namespace pams {

/// The name under which iconv knows `charset` ("gb2312" -> "GB18030", as mail programs read it); "" when it
/// is unknown. Safe to hand to iconv_open: no "//" suffixes pass.
std::string iconv_name(std::string_view charset);

/// `bytes` in `charset` as UTF-8; "", us-ascii and unknown charsets are read as UTF-8. What does not fit
/// becomes U+FFFD, so the result is always well-formed.
std::string to_utf8(std::string_view bytes, std::string_view charset);

/// The same bytes when they are well-formed UTF-8; otherwise each bad byte as U+FFFD.
std::string repair_utf8(std::string_view bytes);

}  // namespace pams
