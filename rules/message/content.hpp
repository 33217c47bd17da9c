/// What a reader of the message would see, for conditions: decoded text and attachments. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/message/charset.hpp"  // to_utf8
#include "rules/message/mime_map.hpp"

namespace pams {

/// The part's content with its transfer encoding undone. Unknown encodings: as it is.
std::string decode_content(const MimePart& part, std::string_view body);

/// All body texts (text/plain and text/html that are not attachments, outside nested messages) as UTF-8, HTML
/// as the text that it shows; runs of blanks and line breaks become one blank, parts are separated by a
/// newline. At most `maximum` bytes of text are produced (content conditions look no further; Exchange has
/// the same kind of limit), from at most 16 times as many encoded bytes.
std::string body_text(const MimeMap& map, std::string_view body, std::size_t maximum);

struct Attachment {
  std::string filename;  ///< UTF-8
  std::string type;
  std::uint64_t size;  ///< decoded bytes
};
/// Every leaf that is not a body text; inline images count (Exchange counts them). Nested messages count as
/// one each.
std::vector<Attachment> attachments(const MimeMap& map, std::string_view body);

}  // namespace pams
