/// SQLite on a disk whose n-th call fails: a VFS that stands in front of the default one. While an object of
/// this class lives, connections that are opened go through it. Only calls that
/// change an archive.db count.
#pragma once

#include <memory>

namespace pams::test {

class FaultySqlite {
 public:
  static const int kFull;        ///< the disk is full
  static const int kWriteError;  ///< the disk cannot write or sync

  FaultySqlite();
  FaultySqlite(const FaultySqlite&) = delete;
  FaultySqlite& operator=(const FaultySqlite&) = delete;
  ~FaultySqlite();

  /// The `call`-th call (from 1) from now on fails with `error`; 0: none does.
  void fail_at(unsigned call, int error);
  bool has_failed() const;
};

}  // namespace pams::test
