#include "milter/archive/secret.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <openssl/rand.h>

#include "milter/archive/archive_database.hpp"
#include "milter/base/durable_file.hpp"
#include "milter/base/sha256.hpp"

namespace pams::milter::archive {
namespace {

constexpr const char* kName = "secret";

std::string make_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return Sha256().add({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).hex();
}

}  // namespace

Result<std::string> archive_secret(Disk& disk, const std::string& archive) {
  const Fd root(disk.open(AT_FDCWD, archive, O_RDONLY | O_DIRECTORY));
  if (!root) return disk_error("open", archive);
  if (disk.lock(root.get()) < 0) return disk_error("lock", archive);
  struct stat status {};
  if (disk.status(root.get(), kName, status) < 0) {
    if (errno != ENOENT) return disk_error("examine", archive + "/" + kName);
    const auto made = replace_file(disk, root.get(), kName, make_secret());
    if (!made) return tl::unexpected(made.error());
    give_to_owner(archive, kName);
  }
  // Also when it was there: whoever made it may not have come to this line.
  if (const auto synced = sync_file(disk, root.get(), archive); !synced)
    return tl::unexpected(synced.error());
  std::string secret;
  std::getline(std::ifstream(archive + "/" + kName), secret);
  if (secret.size() != 64)
    return fail(Failure::Misconfigured, archive + "/secret cannot be read or is damaged");
  return secret;
}

}  // namespace pams::milter::archive
