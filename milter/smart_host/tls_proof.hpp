/// What a smart host's certificate proves: three verdicts that call for three different repairs.
/// Stricter than Postfix 3.7 in one point: a name that stands only in the subject's CN does not count, for
/// public authorities do not vouch for it. Any thread.
#pragma once

#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "rules/base/c_ptr.hpp"
#include "rules/base/result.hpp"

namespace pams::milter::smart_host {

using TlsContext = CPtr<SSL_CTX, SSL_CTX_free>;

/// A client that speaks TLS 1.2 and later and believes the authorities in `ca_file` (PEM) alone; "" = none.
/// It resumes no session and does not renegotiate: each connection proves itself.
/// It finishes any handshake: who the other side is is told by prove().
Result<TlsContext> make_tls_context(const std::string& ca_file);

struct CertificateVerdict {
  bool holds = false;
  std::string reason;  ///< what was seen, and what to do when it does not hold
};
struct TlsProof {
  CertificateVerdict chain, name, expiry;
  bool holds() const { return chain.holds && name.holds && expiry.holds; }
};

/// After a handshake. `names`: the certificate must carry one of them, as vouches_for() has it.
TlsProof prove(const SSL* tls, const std::vector<std::string>& names, const std::string& ca_file);

/// "TLSv1.3 with TLS_AES_256_GCM_SHA384"
std::string tls_summary(const SSL* tls);

/// SHA-256 of the DER of the certificate that the other side showed, in hex; "" when it showed none.
std::string certificate_digest(const SSL* tls);
/// Its DNS names with one blank between, at most 10; "" when it has none.
std::string certificate_names(const SSL* tls);

}  // namespace pams::milter::smart_host
