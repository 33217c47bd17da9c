/// What a record is called and what its description says. Pure; any thread.
#pragma once

#include <string>

#include "milter/archive/archive_store.hpp"

namespace pams::milter {

/// The bytes of a record in the order in which they stand in the file.
struct RecordBytes {
  std::string header;     ///< with the blank line that ends it
  std::string_view body;  ///< lives as long as the message
  std::size_t size() const { return header.size() + body.size(); }
};
RecordBytes bytes_of(const Message& message);

struct RecordName {
  std::string content;  ///< SHA-256 of the bytes, as sha256sum prints it for the .eml
  std::string id;       ///< SHA-256 of the content's and of the envelope
};

/// Of the bytes and the envelope alone: a retry, or the same recipients in another order, gives the same
/// name.
RecordName name_of(const RecordBytes& bytes, const Envelope& envelope);

/// The description beside the bytes, as JSON.
std::string describe(const ArchiveRecord& record, const RecordName& name, std::size_t size);

}  // namespace pams::milter
