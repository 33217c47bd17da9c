/// A message in which no body text can be edited: of which kind it is decides what a disclaimer rule may do
/// with it. Structure only. Pure; any thread. Linear in the number of parts.
#pragma once

#include <string>

#include "rules/message/mime_map.hpp"

namespace pams::mime {

enum class WithoutText {
  CannotBeEdited,   ///< signed, encrypted, damaged, ambiguous
  NothingToAddTo,   ///< what programs exchange, or a message that is delivered inside this one
  OnlyAttachments,  ///< what people send without a word
};

struct NoBodyText {
  WithoutText kind;
  std::string why;  ///< "multipart/signed", "text/calendar"
};

/// For a message of which no text can be edited and none is damaged.
NoBodyText why_no_body_text(const MimeMap& map);

}  // namespace pams::mime
