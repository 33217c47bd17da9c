/// Exchange's Keyword Query Language, as far as an archive needs it: `from:anna subject:"annual report"
/// (has:attachment OR size:>1MB) NOT sent:2026-01-01..2026-03-31`. Text to a tree; what the tree means to a
/// store is the store's business. Pure; any thread. Source: product.md section 5 and Microsoft's "Keyword
/// queries and search conditions for eDiscovery".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/base/result.hpp"

namespace pams::query {

enum class Field { Any, From, To, Subject, Body, Attachment, MessageId, Sent, Size, HasAttachment };

/// Words to be found: in any order when bare (one word), in this order when quoted. A trailing * is a prefix.
struct Words {
  Field field = Field::Any;
  std::string text;
  bool is_prefix = false;
};
/// sent: (seconds since 1970, UTC) and size: (bytes); both ends belong to it.
struct Range {
  Field field;
  std::int64_t least;
  std::int64_t maximum;
};
struct HasAttachment {};

struct Query;
using QueryPtr = std::shared_ptr<const Query>;
struct And {
  std::vector<QueryPtr> parts;
};
struct Or {
  std::vector<QueryPtr> parts;
};
struct Not {
  QueryPtr part;
};
struct Query {
  std::variant<Words, Range, HasAttachment, And, Or, Not> node;
};

/// Failure::Refused with the place and what was expected. Nesting is bounded (100), length too (8 KB).
Result<QueryPtr> parse_query(std::string_view text);

}  // namespace pams::query
