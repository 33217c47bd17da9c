/// For which names a certificate speaks (RFC 6125, RFC 9525): only DNS names in subjectAltName count, for
/// public authorities do not vouch for the subject's CN. Any thread.
#pragma once

#include <string>
#include <vector>

#include <openssl/x509.h>

namespace pams::milter::smart_host {

/// `name` is a host name: one of the certificate's names is that, or a wildcard for its whole first label.
/// Or, as in Exchange's TlsDomain, "*.partner.example": one of the certificate's names has exactly one label
/// before partner.example, be it a wildcard; neither partner.example itself nor a.b.partner.example will do.
bool vouches_for(X509* certificate, const std::string& name);

/// For the explanation: `name` stands in the subject's CN.
bool has_as_common_name(X509* certificate, const std::string& name);

/// The first ten of the certificate's names, fit to be printed.
std::vector<std::string> dns_names(const X509* certificate);

}  // namespace pams::milter::smart_host
