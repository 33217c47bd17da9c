/// Who hands a message over, as the MTA tells it: the address of the connection and macros. Any thread that
/// runs a callback of `context`.
#pragma once

#include <string>

#include <libmilter/mfapi.h>

#include "milter/config/config.hpp"
#include "rules/message/envelope.hpp"

namespace pams::milter::session {

/// The macros that are asked for at MAIL and at end of message.
inline constexpr const char* kMacrosAtMail =
    "i {mail_addr} {auth_authen} {client_addr} {cert_subject} {cert_issuer} {cn_subject} {verify}";
inline constexpr const char* kMacrosAtEnd = "i";

/// "" when the MTA did not send it.
std::string macro(SMFICTX* context, const char* name);

/// "192.0.2.1", "2001:db8::1"; "" for a unix socket or when there is none.
std::string address_text(const _SOCK_ADDR* address);

/// `connected_from`: address_text() of the connection; the macro {client_addr} stands in when it is "".
Client client_of(SMFICTX* context, MtaKind mta, const std::string& connected_from);

/// "<a@example.org>" and "a@example.org" (Postfix's pickup) -> "a@example.org"; "<>" -> "".
std::string without_brackets(std::string_view address);

}  // namespace pams::milter::session
