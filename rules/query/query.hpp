/// What a query to an archive asks for, as a tree. What it means to a store is the store's business. Values;
/// any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace pams::query {

/// Exchange's property names; Any is a word without one.
enum class Field {
  Any,
  From,
  To,
  Cc,
  Bcc,
  Recipients,
  Participants,
  Subject,
  Body,
  Attachment,
  AttachmentNames,
  Category,
  MessageId,
  Importance,
  Kind,
  HasAttachment,
  Sent,
  Received,
  Size,
};

/// To be found next to each other and in this order. A prefix is the last word's beginning.
struct Words {
  Field field = Field::Any;
  std::string text;
  bool is_prefix = false;

  bool operator==(const Words&) const = default;
};
/// Both in one text, with at most `distance` words between them.
struct Near {
  Words first, second;  ///< of the same field
  std::uint32_t distance = 8;
  bool is_ordered = false;  ///< ONEAR: `first` stands in front

  bool operator==(const Near&) const = default;
};
inline constexpr auto kNoLeast = std::numeric_limits<std::int64_t>::min();
inline constexpr auto kNoMaximum = std::numeric_limits<std::int64_t>::max();
/// Sent, Received: seconds since 1970, UTC. Size: bytes. Both ends belong to it.
struct Range {
  Field field = Field::Size;
  std::int64_t least = kNoLeast;
  std::int64_t maximum = kNoMaximum;

  bool operator==(const Range&) const = default;
};
struct HasAttachment {
  bool operator==(const HasAttachment&) const = default;
};
enum class Importance { Low, Medium, High };
/// kind:email, and all that an archive keeps is that.
struct IsEmail {
  bool operator==(const IsEmail&) const = default;
};

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
  std::variant<Words, Near, Range, HasAttachment, Importance, IsEmail, And, Or, Not> node;
};

}  // namespace pams::query
