#include "milter/hook/message_file.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace pams::milter::hook {
namespace {

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_message(int file, const Message& message) {
  if (message.header_end != HeaderEnd::BlankLine) return write_all(file, message.wire());
  return write_all(file, message.headers.wire() + "\r\n") && write_all(file, message.body.view());
}

}  // namespace

Result<Fd> make_message_file(const Message& message) {
  const Fd file(memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (!file || !write_message(file.get(), message) || fchmod(file.get(), S_IRUSR) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, kSeals) != 0)
    return fail(Failure::Temporary, std::string("no room for the message: ") + std::strerror(errno));
  // Opened anew: a position of its own, and for reading only.
  const auto name = "/proc/self/fd/" + std::to_string(file.get());
  Fd readable(open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable)
    return fail(Failure::Temporary, std::string("the message cannot be opened: ") + std::strerror(errno));
  return readable;
}

}  // namespace pams::milter::hook
