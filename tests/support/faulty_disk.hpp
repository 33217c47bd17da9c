/// A real disk whose n-th call fails. One thread.
#pragma once

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "milter/base/disk.hpp"

namespace pams::milter::test {

class FaultyDisk : public Disk {
 public:
  /// The `call`-th call (from 1) from now on fails with `error`; 0: none does.
  void fail_at(unsigned call, int error) {
    calls_ = 0;
    fail_at_ = call;
    error_ = error;
    log.clear();
  }
  bool has_failed() const { return fail_at_ != 0 && calls_ >= fail_at_; }

  std::vector<std::string> log;  ///< the calls, "sync", "rename a b", ...

  int open(int folder, const std::string& name, int flags, mode_t mode) override {
    return fails("open " + name) ? -1 : Disk::open(folder, name, flags, mode);
  }
  int make_folder(int folder, const std::string& name, mode_t mode) override {
    return fails("make_folder " + name) ? -1 : Disk::make_folder(folder, name, mode);
  }
  ssize_t write(int file, std::string_view bytes) override {
    if (fails("write")) {
      Disk::write(file, bytes.substr(0, bytes.size() / 2));  // as a disk that fills up does
      errno = error_;
      return -1;
    }
    return Disk::write(file, bytes);
  }
  int sync(int file) override { return fails("sync") ? -1 : Disk::sync(file); }
  int rename(int folder, const std::string& from, const std::string& to) override {
    return fails("rename " + from + " " + to) ? -1 : Disk::rename(folder, from, to);
  }
  int remove(int folder, const std::string& name) override {
    return fails("remove " + name) ? -1 : Disk::remove(folder, name);
  }
  int status(int folder, const std::string& name, struct stat& out) override {
    return fails("status " + name) ? -1 : Disk::status(folder, name, out);
  }
  int lock(int file) override { return fails("lock") ? -1 : Disk::lock(file); }

 private:
  bool fails(std::string call) {
    log.push_back(std::move(call));
    if (++calls_ != fail_at_) return false;
    errno = error_;
    return true;
  }

  unsigned calls_ = 0;
  unsigned fail_at_ = 0;
  int error_ = 0;
};

}  // namespace pams::milter::test
