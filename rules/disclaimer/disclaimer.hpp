/// Adds a disclaimer to the text of a message, in each of its renderings: only the inserted bytes and, where
/// the insertion needs it, a part's own encoding with its Content-Type and Content-Transfer-Encoding change.
/// Signed, encrypted, TNEF,
/// calendar, nested messages and attachments are never touched. The result is checked before it is given out
/// (same tree, every other byte equal). Pure; any thread.
#pragma once

#include <string>

#include "rules/base/result.hpp"
#include "rules/message/mail.hpp"

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

/// Failure::Refused with the reason when there is no place for it ("multipart/signed", "no body text"), so
/// that the fallback action decides. `disclaimer` must be complete.
Result<Applied> apply(const Message& message, const MimeMap& map, const Disclaimer& disclaimer);

/// Exchange's fallback "wrap": a new multipart/mixed of the disclaimer and the original, byte for byte, as
/// message/rfc822. The outer header keeps the message's own address, subject, date, id and threading fields
/// and every X- field, not its Content-*.
Message wrap(const Message& message, const Disclaimer& disclaimer);

}  // namespace pams::disclaimer
