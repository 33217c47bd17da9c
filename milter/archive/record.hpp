/// What the archive knows about one delivery: a row of its database, and how rows are named and chained.
/// Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "milter/archive/archive_store.hpp"
#include "milter/archive/record_outcome.hpp"

namespace pams::milter::archive {

/// The bytes of a message in the order in which they stand on the wire.
struct RecordBytes {
  std::string header;     ///< with the blank line that ends it
  std::string_view body;  ///< lives as long as the message
  std::size_t size() const { return header.size() + body.size(); }
};
RecordBytes bytes_of(const Message& message);

/// SHA-256, as sha256sum prints it for the message's file.
std::string content_digest(const RecordBytes& bytes);

/// SHA-256 of what is the same at each try of a message: not its Received fields (a retry comes another way),
/// and not a Message-ID that the MTA made, which ends in this try's queue id. Equal to content_digest() where
/// neither is there.
std::string identity_digest(const Message& message, std::string_view queue_id);

/// The name of a delivery: of what it says (identity_digest) and envelope alone, so that a retry, or the same
/// recipients in another order, gives the same name. With a `secret` nobody who lacks it can check a guess of
/// the content against the name.
std::string record_id(const std::string& identity_digest, const Envelope& envelope, std::string_view secret);

/// One delivery as it is kept. `number` counts all entries of the archive from 1 and is its place in the
/// chain.
struct RecordRow {
  std::int64_t number = 0;
  std::string id;
  std::chrono::sys_seconds time;
  std::string message_id;  ///< the field's value, as it came
  std::string queue_id;
  std::string sender;
  std::vector<std::string> recipients;  ///< of the envelope: Bcc too
  std::string subject;                  ///< decoded; "" when the message is stored encrypted
  std::int64_t size = 0;                ///< as sent, in bytes on the wire
  std::vector<std::string> rules;
  std::vector<std::string> actions;
  std::string connector;
  std::string sent;      ///< the object (a file's name) that holds the version that was sent
  std::string received;  ///< the object that holds what came in; the same when nothing was changed

  bool is_encrypted() const;
};

/// What was done with the archive itself: a hold, a release, a purge. An entry of the chain like a record.
struct AuditRow {
  std::int64_t number = 0;
  std::chrono::sys_seconds time;
  std::string kind;
  std::string details;  ///< JSON
};

/// Of every field except the number.
std::string digest_of(const RecordRow& row);
std::string digest_of(const AuditRow& row);
std::string digest_of(const OutcomeRow& row);

/// The place of an entry: everything in front of it (by `previous`, "" for the first), its number, its
/// digest.
std::string chain_hash(std::string_view previous, std::int64_t number, std::string_view digest);

/// One per line, as the database keeps lists: an address holds no line break, blanks replace those of a name.
std::string to_lines(const std::vector<std::string>& items);
std::vector<std::string> from_lines(std::string_view lines);

}  // namespace pams::milter::archive
