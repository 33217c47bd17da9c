#include "milter/session/peer.hpp"

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "rules/base/text.hpp"

namespace pams::milter::session {
namespace {

constexpr const char* kNameless = "(no common name)";

/// The CN of a client certificate whose chain was verified. Postfix gives {cert_subject} only then, and it is
/// the CN alone; Sendmail gives the CN in {cn_subject} in any case and says in {verify} what it is worth.
std::string verified_name(SMFICTX* context, MtaKind mta) {
  if (mta == MtaKind::Sendmail)
    return macro(context, "{verify}") == "OK" ? macro(context, "{cn_subject}") : "";
  const auto name = macro(context, "{cert_subject}");
  // A verified certificate without a (usable) CN is one all the same: nobody's that we know.
  return name.empty() && !macro(context, "{cert_issuer}").empty() ? kNameless : name;
}

}  // namespace

std::string macro(SMFICTX* context, const char* name) {
  std::string writable = name;  // libmilter takes char*, and does not write
  const char* value = smfi_getsymval(context, writable.data());
  return value == nullptr ? "" : value;
}

std::string address_text(const _SOCK_ADDR* address) {
  if (address == nullptr) return "";
  std::array<char, INET6_ADDRSTRLEN> out{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET)
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  else if (address->sa_family == AF_INET6)
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (bytes == nullptr || ::inet_ntop(address->sa_family, bytes, out.data(), out.size()) == nullptr)
    return "";
  return out.data();
}

Client client_of(SMFICTX* context, MtaKind mta, const std::string& connected_from) {
  Client client;
  client.address = connected_from.empty() ? macro(context, "{client_addr}") : connected_from;
  client.authenticated = macro(context, "{auth_authen}");
  client.certificate = verified_name(context, mta);
  return client;
}

std::string without_brackets(std::string_view address) {
  address = text::trim(address);
  if (address.starts_with('<') && address.ends_with('>')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

}  // namespace pams::milter::session
