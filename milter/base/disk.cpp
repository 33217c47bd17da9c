#include "milter/base/disk.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace pams::milter {
namespace {

template <class Call>
auto again_when_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

int Disk::open(int directory, const std::string& name, int flags, mode_t mode) {
  return again_when_interrupted([&] { return ::openat(directory, name.c_str(), flags | O_CLOEXEC, mode); });
}

int Disk::make_directory(int directory, const std::string& name, mode_t mode) {
  return ::mkdirat(directory, name.c_str(), mode);
}

ssize_t Disk::write(int file, std::string_view bytes) {
  return again_when_interrupted([&] { return ::write(file, bytes.data(), bytes.size()); });
}

ssize_t Disk::read(int file, char* into, std::size_t maximum) {
  return again_when_interrupted([&] { return ::read(file, into, maximum); });
}

int Disk::sync(int file) {
  return again_when_interrupted([&] { return ::fsync(file); });
}

int Disk::rename(int directory, const std::string& from, const std::string& to) {
  return ::renameat(directory, from.c_str(), directory, to.c_str());
}

int Disk::remove(int directory, const std::string& name) { return ::unlinkat(directory, name.c_str(), 0); }

int Disk::status(int directory, const std::string& name, struct stat& out) {
  return ::fstatat(directory, name.c_str(), &out, AT_SYMLINK_NOFOLLOW);
}

int Disk::lock(int file) {
  return again_when_interrupted([&] { return ::flock(file, LOCK_EX); });
}

}  // namespace pams::milter
