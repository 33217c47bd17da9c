/// Character sets of mail, as far as it takes to read text: what a label means is told by charset_label.hpp,
/// and what does not keep to its label is read as mail programs read it, so that no word in it is missed.
/// Pure; any thread. Linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/base/utf8.hpp"

namespace pams {

/// `bytes` in `charset` as UTF-8. Without a label, with us-ascii and with an unknown one they are UTF-8 when
/// more of them is than is not, otherwise windows-1252. Bytes that are wrong in their charset are read as
/// windows-1252; what means nothing there either becomes U+FFFD, so the result is always well-formed.
std::string to_utf8(std::string_view bytes, std::string_view charset);

/// All that a reader may see: to_utf8's text and, where the bytes announce another charset than the label
/// does (ISO 2022's escape sequences, UTF-16's byte order mark), what they are in that. Never empty.
std::vector<std::string> readings(std::string_view bytes, std::string_view charset);

/// A header field's bytes, which have one reading: to_utf8's, or sound ISO 2022 where they announce it.
std::string header_to_utf8(std::string_view bytes, std::string_view charset);

/// The same bytes when they are well-formed UTF-8; otherwise each bad byte as U+FFFD.
std::string repair_utf8(std::string_view bytes);

}  // namespace pams
