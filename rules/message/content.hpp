/// What a reader of the message would see, for conditions: decoded text and attachments. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/message/charset.hpp"  // to_utf8, readings
#include "rules/message/mime_map.hpp"

namespace pams {

/// The part's content with its transfer encoding undone. Unknown encodings: as it is.
std::string decode_content(const MimePart& part, std::string_view body);

struct BodyText {
  std::string text;
  bool is_complete = true;  ///< the limit has cut nothing
};
/// All body texts (text/plain and text/html that are not attachments, outside nested messages) as UTF-8 on
/// the lines that a reader sees: those of plain text, the paragraphs of format=flowed, the blocks of HTML.
/// Runs of ASCII blanks are one blank, or one line end when there is one among them; parts are separated by a
/// line end. With DelSp=yes the text is there as it flows and again as it stands: half of all mail programs
/// know nothing of it. At most `maximum` bytes of text are produced, from at most 16 times as many encoded
/// bytes.
BodyText body_text(const MimeMap& map, std::string_view body, std::size_t maximum);

struct Attachment {
  std::string filename;  ///< UTF-8
  std::string type;
  std::uint64_t size;  ///< decoded bytes
};
/// Every leaf that is not a body text; inline images count (Exchange counts them). Nested messages count as
/// one each.
std::vector<Attachment> attachments(const MimeMap& map, std::string_view body);

}  // namespace pams
