/// What a search can find of a record: the words (rules/query/words.hpp) of its envelope, header, body and
/// attachments, and what properties compare. Pure; any thread. Bounded: what is cut is said to be.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "milter/archive/record.hpp"
#include "rules/query/query.hpp"

namespace pams::milter::archive {

/// Words, with boundaries between texts.
struct SearchableText {
  std::string sender;      ///< envelope and From:
  std::string recipients;  ///< envelope (Bcc too), To:, Cc: and Bcc:
  std::string cc;          ///< Cc:
  std::string bcc;         ///< Bcc:, and who is in the envelope and in no field
  std::string subject;
  std::string body;
  std::string attachments;       ///< the text of text/* attachments and of attached messages
  std::string attachment_names;  ///< of attached messages too
  std::string category;          ///< Keywords:, as Exchange sends categories
  bool has_attachment = false;
  query::Importance importance = query::Importance::Medium;
  std::optional<std::chrono::sys_seconds> date;  ///< the Date field's; nothing when it is no time
  bool is_complete = false;  ///< all the content is here: nothing encrypted, cut or unreadable
};

/// `message` as it was sent; nullptr when it cannot be read (it is encrypted).
SearchableText searchable_text(const RecordRow& row, const std::string* message);

}  // namespace pams::milter::archive
