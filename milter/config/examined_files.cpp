#include <cerrno>
#include <cstring>
#include <filesystem>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "milter/config/check_config.hpp"
#include "milter/config/files.hpp"
#include "rules/base/c_ptr.hpp"

namespace pams::milter {
namespace {

namespace fs = std::filesystem;
using schema::Files;
using Bio = CPtr<BIO, BIO_free_all>;

/// Nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

bool has_certificate(BIO* bio) {
  const CPtr<X509, X509_free> certificate(PEM_read_bio_X509_AUX(bio, nullptr, no_passphrase, nullptr));
  return certificate != nullptr;
}

bool has_private_key(BIO* bio) {
  const CPtr<EVP_PKEY, EVP_PKEY_free> key(PEM_read_bio_PrivateKey(bio, nullptr, no_passphrase, nullptr));
  return key != nullptr;
}

Status look_at_pem(const std::string& path, Files::Pem kind) {
  if (access(path.c_str(), R_OK) != 0 && errno == EACCES) return {};  // doctor asks as the user that must
  const auto content = read_file(path);
  if (!content) return tl::unexpected(content.error());
  const Bio bio(BIO_new_mem_buf(content->data(), static_cast<int>(content->size())));
  const bool is_key = kind == Files::Pem::PrivateKey;
  const bool is_good = is_key ? has_private_key(bio.get()) : has_certificate(bio.get());
  ERR_clear_error();
  if (is_good) return {};
  return fail(Failure::Misconfigured, path + (is_key ? " holds no private key in PEM without a passphrase"
                                                     : " holds no certificate in PEM"));
}

Result<Files::Directory> look_at_directory(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_directory(status))
    return fail(Failure::Misconfigured, path + " is not a directory");
  if (fs::exists(status)) {
    if (access(path.c_str(), W_OK) != 0 && errno == EROFS)
      return fail(Failure::Misconfigured, path + " is on a file system that is mounted read-only");
    return Files::Directory::There;
  }
  for (auto above = fs::path(path).parent_path(); !above.empty(); above = above.parent_path()) {
    const auto found = fs::status(above, error);
    if (fs::exists(found) && !fs::is_directory(found))
      return fail(Failure::Misconfigured,
                  path + " cannot be made: " + above.string() + " is not a directory");
    if (!fs::exists(found) && above != above.parent_path()) continue;
    return above == fs::path(path).parent_path() ? Files::Directory::Missing : Files::Directory::MissingAbove;
  }
  return Files::Directory::Missing;
}

}  // namespace

Files examined_files() {
  auto files = disk_files();
  files.look_at_pem = look_at_pem;
  files.look_at_directory = look_at_directory;
  return files;
}

}  // namespace pams::milter
