#include "milter/archive/cms_signature.hpp"

#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "milter/base/sha256.hpp"
#include "rules/base/c_ptr.hpp"

namespace pams::milter::archive {
namespace {

void free_stack(STACK_OF(X509) * stack) noexcept { sk_X509_free(stack); }
void free_bytes(unsigned char* bytes) noexcept { OPENSSL_free(bytes); }

using Bio = CPtr<BIO, BIO_free_all>;
using Certificate = CPtr<X509, X509_free>;
using Cms = CPtr<CMS_ContentInfo, CMS_ContentInfo_free>;
using Extension = CPtr<X509_EXTENSION, X509_EXTENSION_free>;
using Key = CPtr<EVP_PKEY, EVP_PKEY_free>;

void must(bool worked) {
  if (worked) return;
  char text[256] = "unknown";
  if (const auto code = ERR_peek_last_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  throw std::runtime_error(std::string("cannot sign: ") + text);
}

bool brings_its_digest(const EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string digest_of(const EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  must(size > 0);
  const CPtr<unsigned char, free_bytes> owned(der);
  return Sha256().add({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}).hex();
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// Valid always (RFC 5280 4.1.2.5): what was signed once is to be proved in many years.
Certificate make_certificate(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  must(made && X509_set_version(made.get(), X509_VERSION_3) == 1);
  must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()),
                               std::stoull(digest_of(key).substr(0, 15), nullptr, 16)) == 1);
  must(ASN1_TIME_set_string_X509(X509_getm_notBefore(made.get()), "20000101000000Z") == 1);
  must(ASN1_TIME_set_string_X509(X509_getm_notAfter(made.get()), "99991231235959Z") == 1);
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
  auto* const above = issuer == nullptr ? made.get() : issuer;
  must(X509_set_issuer_name(made.get(), X509_get_subject_name(above)) == 1);
  must(X509_set_pubkey(made.get(), key) == 1);
  const bool is_root = issuer == nullptr;
  add_extension(made.get(), above, NID_basic_constraints, is_root ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(made.get(), above, NID_key_usage,
                is_root ? "critical,digitalSignature,nonRepudiation,keyCertSign"
                        : "critical,digitalSignature,nonRepudiation");
  add_extension(made.get(), above, NID_subject_key_identifier, "hash");
  if (!is_root) add_extension(made.get(), above, NID_authority_key_identifier, "keyid:always");
  auto* const signing = is_root ? key : issuer_key;
  must(X509_sign(made.get(), signing, brings_its_digest(signing) ? nullptr : EVP_sha256()) > 0);
  return made;
}

std::string to_pem(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  must(out && PEM_write_bio_X509(out.get(), certificate) == 1);
  return text_of(out.get());
}

std::string sign_with(X509* certificate, EVP_PKEY* key, X509* root, std::string_view document) {
  const CPtr<STACK_OF(X509), free_stack> others(sk_X509_new_null());
  must(others && sk_X509_push(others.get(), root) > 0);
  const Bio content(BIO_new_mem_buf(document.data(), static_cast<int>(document.size())));
  const Cms cms(
      CMS_sign(certificate, key, others.get(), content.get(), CMS_DETACHED | CMS_BINARY | CMS_USE_KEYID));
  const Bio out(BIO_new(BIO_s_mem()));
  must(content && cms && out && PEM_write_bio_CMS_stream(out.get(), cms.get(), nullptr, 0) == 1);
  return text_of(out.get());
}

CmsSignature sign(EVP_PKEY* key, std::string_view document) {
  const auto digest = digest_of(key);
  const auto root =
      make_certificate(key, "pams-milter checkpoint key " + digest.substr(0, 16), nullptr, nullptr);
  CmsSignature made{"", to_pem(root.get()), digest};
  const Key once(EVP_EC_gen("P-256"));
  must(static_cast<bool>(once));
  const auto signer = make_certificate(once.get(), "pams-milter evidence", root.get(), key);
  made.signature = sign_with(signer.get(), once.get(), root.get(), document);
  return made;
}

}  // namespace

Result<CmsSignature> sign_document(const std::string& pem_file, std::string_view document) {
  ERR_clear_error();
  const Bio file(BIO_new_file(pem_file.c_str(), "r"));
  // The empty password: a protected key is refused rather than asked for.
  const Key key(file ? PEM_read_bio_PrivateKey(file.get(), nullptr, nullptr, const_cast<char*>(""))
                     : nullptr);
  ERR_clear_error();
  if (!key)
    return fail(Failure::Misconfigured,
                pem_file + ": cannot be read, or holds no private key in PEM without a password");
  try {
    return sign(key.get(), document);
  } catch (const std::runtime_error& e) {
    return fail(Failure::Misconfigured, pem_file + ": " + e.what());
  }
}

}  // namespace pams::milter::archive
