/// Where the parts of a message are: a tree with byte offsets into the body, made by one forward scan over
/// the bytes (boundary lines as an MTA and RFC 2046 5.1 read them). No library sees a message here: GMime 3.2
/// overflows its stack on nested groups and does not give the bytes back as they came; the tests compare this
/// map with GMime's on well-formed messages. Pure; any thread. Linear in time; bounded by MimeLimits.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/result.hpp"
#include "rules/message/message.hpp"

namespace pams {

struct Span {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

struct MimeLimits {
  std::size_t depth = 100;
  std::size_t parts = 1000;
  std::size_t part_header_bytes = 65536;
};

struct MimePart {
  static constexpr std::size_t kNoParent = static_cast<std::size_t>(-1);
  std::size_t parent = kNoParent;
  std::vector<std::size_t>
      children;  ///< indices into MimeMap::parts; empty for a leaf (also for an unsplittable multipart)

  Span header;     ///< in the body; for the root both are 0: its fields are Message::headers
  Span content;    ///< in the body: after the blank line, before the CRLF that belongs to the next delimiter
  Headers fields;  ///< of this part (for the root: a copy of the message's Content-* and MIME-Version fields)

  std::string type = "text/plain";  ///< lower case; message/rfc822 by default inside multipart/digest
  std::string charset;              ///< lower case, "" when not given
  std::string boundary;
  std::string encoding;     ///< Content-Transfer-Encoding, lower case, without comments; "" when not given
  std::string disposition;  ///< lower case, "" when not given
  std::string filename;     ///< decoded; from Content-Disposition, else Content-Type name
  std::string format;       ///< format=flowed -> "flowed"
  bool delsp = false;
  std::string content_id;
  std::string start;                  ///< multipart/related start=
  bool closed = true;                 ///< a multipart whose close delimiter was found; true for leaves
  std::optional<std::string> defect;  ///< why the part must not be edited ("two Content-Type fields")

  bool is_multipart() const { return type.starts_with("multipart/"); }
  bool is_leaf() const { return children.empty(); }
};

struct MimeMap {
  std::vector<MimePart> parts;  ///< parts[0] is the root; a parent comes before its children (pre-order)
  /// Why readers may disagree about the structure ("two boundary parameters").
  std::optional<std::string> ambiguity;

  const MimePart& root() const { return parts.front(); }
};

/// Failure::Refused when the limits are exceeded (the text says which).
Result<MimeMap> map_mime(const Message& message, const MimeLimits& limits);

}  // namespace pams
