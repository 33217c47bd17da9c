/// A real disk whose n-th call fails. One thread.
#pragma once

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "milter/base/disk.hpp"

namespace pams::test {
using namespace pams::milter;

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

  int open(int directory, const std::string& name, int flags, mode_t mode) override {
    return fails("open " + name) ? -1 : Disk::open(directory, name, flags, mode);
  }
  int make_directory(int directory, const std::string& name, mode_t mode) override {
    return fails("make_directory " + name) ? -1 : Disk::make_directory(directory, name, mode);
  }
  ssize_t write(int file, std::string_view bytes) override {
    if (fails("write")) {
      Disk::write(file, bytes.substr(0, bytes.size() / 2));  // as a disk that fills up does
      errno = error_;
      return -1;
    }
    return Disk::write(file, bytes);
  }
  ssize_t read(int file, char* into, std::size_t maximum) override {
    return fails("read") ? -1 : Disk::read(file, into, maximum);
  }
  int sync(int file) override { return fails("sync") ? -1 : Disk::sync(file); }
  int rename(int directory, const std::string& from, const std::string& to) override {
    return fails("rename " + from + " " + to) ? -1 : Disk::rename(directory, from, to);
  }
  int remove(int directory, const std::string& name) override {
    return fails("remove " + name) ? -1 : Disk::remove(directory, name);
  }
  int status(int directory, const std::string& name, struct stat& out) override {
    return fails("status " + name) ? -1 : Disk::status(directory, name, out);
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

}  // namespace pams::test
