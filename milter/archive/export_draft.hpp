/// A file or directory that appears whole or not at all: it is made beside its place, with ".partial" at the
/// end of its name, and gets its own name last. What is given up is removed; after a crash the .partial one
/// stays and is named to whoever tries again. Belongs to one thread.
#pragma once

#include <string>

#include "milter/base/disk.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::archive {

class ExportDraft {
 public:
  ExportDraft(Disk& disk, std::string place) : disk_(disk), place_(std::move(place)) {}
  /// Removes the draft, unless publish() has given it its place.
  ~ExportDraft();
  ExportDraft(const ExportDraft&) = delete;
  ExportDraft& operator=(const ExportDraft&) = delete;

  /// Failure::Refused when something has this name, or the draft's, already.
  Status begin();
  /// Where to write.
  std::string path() const { return place_ + ".partial"; }
  /// Syncs what holds the names, too. Nothing that came there meanwhile is replaced.
  Status publish();

 private:
  Disk& disk_;
  const std::string place_;
  bool is_ours_ = false;
};

}  // namespace pams::milter::archive
