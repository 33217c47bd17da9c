/// The seam to an archive: durable when it says so. The embedded default is DirectoryArchive; a store on
/// other servers would stand beside it. Implementations are safe for many sessions at once.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "milter/base/receipt.hpp"
#include "rules/base/result.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"

namespace pams::milter {

/// One delivery to be kept.
struct ArchiveRecord {
  const Message& message;  ///< as it will be sent, without the route marker
  Envelope envelope;       ///< with added recipients
  std::string queue_id;
  std::string connector;           ///< "" = the normal route
  std::vector<std::string> rules;  ///< names of the rules that matched
  std::chrono::sys_seconds time;
  const Message* received = nullptr;      ///< as it came in; nullptr: as it will be sent
  std::vector<std::string> actions = {};  ///< what the rules did: "RULE: action", in order
};

class ArchiveStore {
 public:
  using Stored = Receipt<ArchiveStore>;

  virtual ~ArchiveStore() = default;
  /// On disk (file and folders synced) when it returns a receipt. The same message and envelope give the same
  /// record, however often they come. Failure::Temporary (disk full) or Misconfigured (permissions): nothing
  /// may be released.
  virtual Result<Stored> commit(const ArchiveRecord& record) = 0;

 protected:
  static Stored receipt(std::string id) { return Stored(std::move(id)); }
};

}  // namespace pams::milter
