/// The words of a record that a search can find: of the envelope, the header, the body and the attachments.
/// Pure; any thread. Bounded: what is cut is said to be.
#pragma once

#include <string>
#include <string_view>

#include "milter/archive/record.hpp"

namespace pams::milter::archive {

struct SearchableText {
  std::string sender;      ///< envelope and From:
  std::string recipients;  ///< envelope (Bcc too), To: and Cc:
  std::string subject;
  std::string body;
  std::string attachments;  ///< names, and the text of text/* attachments and of attached messages
  bool has_attachment = false;
  bool is_complete = false;  ///< all the content is here: nothing encrypted, cut or unreadable
};

/// `message` as it was sent; nullptr when it cannot be read (it is encrypted).
SearchableText searchable_text(const RecordRow& row, const std::string* message);

}  // namespace pams::milter::archive
