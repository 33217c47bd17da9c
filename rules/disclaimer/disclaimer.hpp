/// Adds a disclaimer to the text of a message, in each of its renderings: only the inserted bytes and, where
/// the insertion needs it, a part's own encoding with its Content-Type and Content-Transfer-Encoding change;
/// fields that tell the exact bytes of an edited part go. Signed and encrypted content, calendars, nested
/// messages and attachments are never touched. The result is checked before it is given out (same tree, every
/// other byte equal). Pure; any thread.
#pragma once

#include <string>

#include "rules/base/result.hpp"
#include "rules/message/mail.hpp"
#include "rules/mime/without_text.hpp"

namespace pams::disclaimer {

enum class Location { Append, Prepend };

struct Disclaimer {
  std::string html;  ///< UTF-8 fragment; may be empty when text is not
  std::string text;  ///< UTF-8, LF line ends; derived from html when empty
  Location location = Location::Append;
};

/// Fills in what is missing: text from html, html from text. Failure::Misconfigured when both are empty or
/// not UTF-8.
Result<Disclaimer> complete(Disclaimer disclaimer);

struct Applied {
  Message message;
  std::size_t parts = 0;  ///< how many parts got it
};

/// Otherwise what the message is, and why ("multipart/signed"). `disclaimer` must be complete.
tl::expected<Applied, mime::NoBodyText> apply(const Message& message, const MimeMap& map,
                                              const Disclaimer& disclaimer);

/// For a message of attachments only: a part with both forms of the disclaimer beside them. In a
/// multipart/mixed it is the first or the last by location, and nothing else changes. Any other message
/// becomes the second part of a new one, with its Content-* fields and every byte of its body.
/// Failure::Refused when a reader would not find all of it again within `limits`.
Result<Message> add_part(const Message& message, const MimeMap& map, const Disclaimer& disclaimer,
                         const MimeLimits& limits);

/// Exchange's fallback "wrap": a new multipart/mixed of the disclaimer and the original, byte for byte, as
/// message/rfc822. The outer header keeps the message's own address, subject, date, id and threading fields
/// and every X- field, not its Content-*.
Message wrap(const Message& message, const Disclaimer& disclaimer);

}  // namespace pams::disclaimer
