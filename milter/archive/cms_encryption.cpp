#include "milter/archive/cms_encryption.hpp"

#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "rules/base/c_ptr.hpp"

namespace pams::milter::archive {
namespace {

void free_stack(STACK_OF(X509) * stack) noexcept { sk_X509_pop_free(stack, X509_free); }

using Bio = CPtr<BIO, BIO_free_all>;
using Cms = CPtr<CMS_ContentInfo, CMS_ContentInfo_free>;

/// OpenSSL's last word, and its queue emptied: threads are pooled, the next one must not find it.
std::string reason() {
  char text[256] = "unknown";
  if (const auto code = ERR_peek_last_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

constexpr unsigned kFlags = CMS_BINARY | CMS_STREAM;
constexpr std::size_t kBlock = 256 * 1024;

/// Gives to `sink` what the encryption has put into `out`.
Status drain(BIO* out, const Sink& sink) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  if (size <= 0) return {};
  const auto taken = sink({data, static_cast<std::size_t>(size)});
  static_cast<void>(BIO_reset(out));
  return taken;
}

}  // namespace

struct CmsEncryption::Certificates {
  CPtr<STACK_OF(X509), free_stack> stack{sk_X509_new_null()};
};

CmsEncryption::CmsEncryption(std::shared_ptr<const Certificates> certificates)
    : certificates_(std::move(certificates)) {}

Result<CmsEncryption> CmsEncryption::load(const std::string& pem_file) {
  const auto refuse = [&](const std::string& why) {
    return fail(Failure::Misconfigured, pem_file + ": " + why);
  };
  ERR_clear_error();
  const Bio file(BIO_new_file(pem_file.c_str(), "r"));
  if (!file) return refuse("cannot be read: " + reason());
  auto certificates = std::make_shared<Certificates>();
  while (X509* certificate = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr))
    if (sk_X509_push(certificates->stack.get(), certificate) <= 0) throw std::bad_alloc();
  ERR_clear_error();  // the end of the file counts as an error
  if (sk_X509_num(certificates->stack.get()) == 0) return refuse("holds no PEM certificate");
  CmsEncryption encryption(std::move(certificates));
  try {
    // A key that cannot be encrypted to (Ed25519) is found now, not when the first message comes.
    static_cast<void>(encryption.encrypt({}, [](std::string_view) { return Status{}; }));
  } catch (const std::runtime_error& e) {
    return refuse(e.what());
  }
  return encryption;
}

Status CmsEncryption::encrypt(std::span<const std::string_view> pieces, const Sink& sink) const {
  const auto must = [](bool worked) {
    if (!worked) throw std::runtime_error("cannot encrypt: " + reason());
  };
  ERR_clear_error();
  const Bio out(BIO_new(BIO_s_mem()));
  const Cms cms(CMS_encrypt(certificates_->stack.get(), nullptr, EVP_aes_256_cbc(), kFlags));
  must(out && cms);
  BIO* const in = BIO_new_CMS(out.get(), cms.get());
  must(in != nullptr);
  // BIO_new_CMS puts its filters in front of `out`; only those are freed here.
  struct Filters {
    BIO *first, *end;
    ~Filters() {
      while (first != nullptr && first != end) {
        BIO* const next = BIO_pop(first);
        BIO_free(first);
        first = next;
      }
    }
  };
  const Filters filters{in, out.get()};
  for (auto piece : pieces)
    while (!piece.empty()) {
      const auto block = piece.substr(0, kBlock);
      must(BIO_write(in, block.data(), static_cast<int>(block.size())) == static_cast<int>(block.size()));
      piece.remove_prefix(block.size());
      if (const auto drained = drain(out.get(), sink); !drained) return drained;
    }
  must(BIO_flush(in) == 1);
  return drain(out.get(), sink);
}

}  // namespace pams::milter::archive
