/// The seam to the file system: the few calls that durable storage is made of. They answer as POSIX does (-1
/// and errno), so that a test can let the n-th one fail. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/types.h>

namespace pams::milter {

class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  virtual int open(int directory, const std::string& name, int flags, mode_t mode = 0);
  virtual int make_directory(int directory, const std::string& name, mode_t mode);
  virtual ssize_t write(int file, std::string_view bytes);
  virtual ssize_t read(int file, char* into, std::size_t maximum);
  virtual int sync(int file);
  virtual int rename(int directory, const std::string& from, const std::string& to);
  virtual int remove(int directory, const std::string& name);
  virtual int status(int directory, const std::string& name, struct stat& out);
  virtual int lock(int file);  ///< exclusive, until the descriptor is closed; waits
};

}  // namespace pams::milter
