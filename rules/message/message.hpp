/// A message: header fields and body, all bytes kept. Cheap to copy (the body is shared and never changes).
/// Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rules/message/header.hpp"

namespace pams {

/// Bytes that nobody changes any more, kept alive by whoever holds a copy.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes);
  /// `view` must live as long as `owner`.
  SharedBytes(std::shared_ptr<const void> owner, std::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  std::string_view view() const { return view_; }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

/// What stands after the last header field. SMTP and libmilter know the blank line only; a file may lack it
/// (its header ends at a line that is no field), or even the last field's line end (there is no body then).
enum class HeaderEnd { BlankLine, LineEnd, Nothing };

struct Message {
  Headers headers;
  SharedBytes body;  ///< everything after the blank line
  HeaderEnd header_end = HeaderEnd::BlankLine;

  /// Size on the wire: header, blank line, body.
  std::size_t wire_size() const;
  /// Header, CRLF, body. One copy; for files and wrapping, not for the hot path.
  std::string wire() const;
};

/// Reads a message as SMTP would carry it: bare LF becomes CRLF, the header ends at the first line that is
/// neither a field nor a continuation (as an MTA reads it). An mbox "From " line in front is dropped. Never
/// fails.
Message parse_message(std::string_view eml);

}  // namespace pams
