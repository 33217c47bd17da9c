#include "milter/smart_host/tls_proof.hpp"

#include <algorithm>
#include <array>
#include <new>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "milter/base/sha256.hpp"
#include "milter/smart_host/certificate_name.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::smart_host {
namespace {

using Certificate = CPtr<X509, X509_free>;
using Chain = STACK_OF(X509);
void free_bytes(void* bytes) noexcept { OPENSSL_free(bytes); }

std::string taken(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return text::printable(std::string_view(data, static_cast<std::size_t>(std::max(size, 0L))));
}

std::string shown(const X509_NAME* name) {
  const CPtr<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  return taken(out.get());
}

std::string shown(const ASN1_TIME* time) {
  const CPtr<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print_ex(out.get(), time, ASN1_DTFLGS_ISO8601);
  return taken(out.get());
}

bool is_about_time(int error) {
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID ||
         error == X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD ||
         error == X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
}

struct Fault {
  int error;
  std::string subject;  ///< of the certificate that it is about
  std::string not_before, not_after;
};

/// Notes every fault and goes on, so that each is reported in its own place.
int note_fault(int fine, X509_STORE_CTX* context) {
  if (fine == 1) return 1;
  auto& faults = *static_cast<std::vector<Fault>*>(X509_STORE_CTX_get_app_data(context));
  Fault fault{X509_STORE_CTX_get_error(context), "", "", ""};
  if (const X509* about = X509_STORE_CTX_get_current_cert(context); about != nullptr)
    fault = {fault.error, shown(X509_get_subject_name(about)), shown(X509_get0_notBefore(about)),
             shown(X509_get0_notAfter(about))};
  faults.push_back(std::move(fault));
  return 1;
}

/// Everything that is wrong with the chain, in the order in which OpenSSL finds it.
std::vector<Fault> faults_of(X509* certificate, Chain* chain, SSL_CTX* trusted) {
  std::vector<Fault> faults;
  const CPtr<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (!context ||
      X509_STORE_CTX_init(context.get(), SSL_CTX_get_cert_store(trusted), certificate, chain) != 1)
    throw std::bad_alloc();
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context.get()),
                                   SSL_CTX_get_security_level(trusted));
  X509_STORE_CTX_set_app_data(context.get(), &faults);
  X509_STORE_CTX_set_verify_cb(context.get(), note_fault);
  if (X509_verify_cert(context.get()) != 1 && faults.empty())
    faults.push_back({X509_STORE_CTX_get_error(context.get()), "", "", ""});
  ERR_clear_error();
  return faults;
}

CertificateVerdict judge_chain(X509* certificate, const std::vector<Fault>& faults,
                               const std::string& ca_file) {
  const auto fault = std::ranges::find_if(faults, [](const Fault& one) { return !is_about_time(one.error); });
  const auto issuer = shown(X509_get_issuer_name(certificate));
  if (fault == faults.end()) return {true, "issued by " + issuer};
  switch (fault->error) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {
          false,
          "the certificate is self-signed, so anybody can make one; the smart host needs one of an authority in " +
              ca_file};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      return {
          false,
          "issued by " + issuer + ", which leads to no authority in " + ca_file +
              "; either tls_ca_file is not the right one, or the smart host does not send its intermediate certificates, or this is not the smart host"};
    default:
      return {false, std::string(X509_verify_cert_error_string(fault->error)) +
                         (fault->subject.empty() ? "" : " (" + fault->subject + ")")};
  }
}

CertificateVerdict judge_expiry(const X509* certificate, const std::vector<Fault>& faults) {
  const auto fault = std::ranges::find_if(faults, [](const Fault& one) { return is_about_time(one.error); });
  if (fault == faults.end()) return {true, "valid until " + shown(X509_get0_notAfter(certificate))};
  const auto whose = "the certificate of " + fault->subject;
  if (fault->error == X509_V_ERR_CERT_HAS_EXPIRED)
    return {false, whose + " expired at " + fault->not_after +
                       "; the smart host must renew it, or this host's clock is wrong"};
  if (fault->error == X509_V_ERR_CERT_NOT_YET_VALID)
    return {false, whose + " is valid only from " + fault->not_before + "; or this host's clock is wrong"};
  return {false, whose + " has dates that cannot be read"};
}

CertificateVerdict judge_name(X509* certificate, const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (vouches_for(certificate, name)) return {true, "it is for " + name};
  const auto wanted = text::join(names, " or ");
  if (std::ranges::any_of(names, [&](const auto& name) { return has_as_common_name(certificate, name); }))
    return {
        false,
        wanted +
            " stands only in the subject's CN, which no authority vouches for; the smart host needs a certificate with the name as a DNS subjectAltName"};
  const auto found = dns_names(certificate);
  return {false,
          "wanted is " + wanted + ", but the certificate is for " +
              (found.empty() ? "no DNS name at all" : text::join(found, ", ")) +
              "; correct tls_domain if that is the smart host's name, otherwise this is not the smart host"};
}

}  // namespace

Result<TlsContext> make_tls_context(const std::string& ca_file) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) throw std::bad_alloc();
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  const bool loaded =
      ca_file.empty() || SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) == 1;
  ERR_clear_error();
  if (!loaded) return fail(Failure::Misconfigured, "tls_ca_file: no authorities can be read from " + ca_file);
  return context;
}

TlsProof prove(const SSL* tls, const std::vector<std::string>& names, const std::string& ca_file) {
  const Certificate certificate(SSL_get1_peer_certificate(tls));
  // A cipher without certificates: OpenSSL does not offer one by itself.
  if (!certificate) {
    const CertificateVerdict nobody{false, "it showed no certificate"};
    return {nobody, nobody, nobody};
  }
  const auto faults = faults_of(certificate.get(), SSL_get_peer_cert_chain(tls), SSL_get_SSL_CTX(tls));
  return {judge_chain(certificate.get(), faults, ca_file), judge_name(certificate.get(), names),
          judge_expiry(certificate.get(), faults)};
}

std::string tls_summary(const SSL* tls) {
  return std::string(SSL_get_version(tls)) + " with " + SSL_get_cipher_name(tls);
}

std::string certificate_names(const SSL* tls) {
  const Certificate certificate(SSL_get1_peer_certificate(tls));
  return certificate ? text::join(dns_names(certificate.get()), " ") : "";
}

std::string certificate_digest(const SSL* tls) {
  const Certificate certificate(SSL_get1_peer_certificate(tls));
  unsigned char* der = nullptr;
  const int size = certificate ? i2d_X509(certificate.get(), &der) : 0;
  const CPtr<unsigned char, free_bytes> owned(der);
  if (size <= 0) return "";
  return Sha256().add({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}).hex();
}

}  // namespace pams::milter::smart_host
