#include "tests/support/tls_identity.hpp"

#include <atomic>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "milter/base/sha256.hpp"

namespace pams::test {
namespace {

constexpr long kDay = 86400;

void require(bool fine) {
  if (!fine) throw std::runtime_error("OpenSSL makes no certificate");
}

void add_extension(X509* certificate, int nid, const char* value) {
  const CPtr<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

struct Wish {
  const char* common_name;
  const char* dns = nullptr;
  const char* names = nullptr;  ///< as OpenSSL's configuration has subjectAltName
  bool authority = false;
  long from = -kDay, until = kDay;
};

/// Signed by `issuer`, or by itself.
TlsIdentity make(const Wish& wish, const TlsIdentity* issuer) {
  static std::atomic<long> serial = 0;
  TlsIdentity made{CPtr<EVP_PKEY, EVP_PKEY_free>(EVP_EC_gen("P-256")), CPtr<X509, X509_free>(X509_new())};
  auto* certificate = made.certificate.get();
  require(made.key && certificate != nullptr && X509_set_version(certificate, 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wish.common_name), -1, -1, 0);
  const auto& signer = issuer == nullptr ? made : *issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
  X509_set_pubkey(certificate, made.key.get());
  add_extension(certificate, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (wish.dns != nullptr)
    add_extension(certificate, NID_subject_alt_name, (std::string("DNS:") + wish.dns).c_str());
  if (wish.names != nullptr) add_extension(certificate, NID_subject_alt_name, wish.names);
  require(X509_sign(certificate, signer.key.get(), EVP_sha256()) > 0);
  return made;
}

const TlsIdentity& authority() {
  static const auto made = make({.common_name = "Authority of the tests", .authority = true}, nullptr);
  return made;
}

}  // namespace

TlsIdentity make_identity(PeerCertificate kind, const std::string& alternative_names) {
  switch (kind) {
    case PeerCertificate::Good:
      break;
    case PeerCertificate::WrongName:
      return make({.common_name = "elsewhere.test", .dns = "elsewhere.test"}, &authority());
    case PeerCertificate::Expired:
      return make({.common_name = kPeerName, .dns = kPeerName, .from = -3 * kDay, .until = -kDay},
                  &authority());
    case PeerCertificate::NotYetValid:
      return make({.common_name = kPeerName, .dns = kPeerName, .from = kDay, .until = 3 * kDay},
                  &authority());
    case PeerCertificate::SelfSigned:
      return make({.common_name = kPeerName, .dns = kPeerName}, nullptr);
    case PeerCertificate::CommonNameOnly:
      return make({.common_name = kPeerName}, &authority());
    case PeerCertificate::OtherAuthority: {
      const auto other = make({.common_name = "Somebody else", .authority = true}, nullptr);
      return make({.common_name = kPeerName, .dns = kPeerName}, &other);
    }
  }
  if (alternative_names.empty()) return make({.common_name = kPeerName, .dns = kPeerName}, &authority());
  return make({.common_name = kPeerName, .names = alternative_names.c_str()}, &authority());
}

std::string authority_pem() {
  const CPtr<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(out.get(), authority().certificate.get()) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string digest(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  require(size > 0);
  const auto hex =
      milter::Sha256().add({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}).hex();
  OPENSSL_free(der);
  return hex;
}

}  // namespace pams::test
