/// Who sends to whom, and from where: what SMTP said, beside the message. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pams {

struct Envelope {
  std::string sender;                   ///< without <>; "" is the null sender
  std::vector<std::string> recipients;  ///< without <>, in the order of RCPT, Bcc included
};

/// The peer that hands the message over.
struct Client {
  std::string address;        ///< IP address as text; "" when the MTA told none
  std::string authenticated;  ///< SASL user; "" when not authenticated
  std::string certificate;    ///< subject CN of a *verified* client certificate; "" when there is none
};

/// The domain in its canonical form (rules/unicode/address.hpp); "" when there is none.
std::string domain_of(std::string_view address);

/// True when `domain` is `pattern`, both canonical. The pattern "*.example.org" means what is below
/// example.org, and not example.org itself.
bool domain_matches(std::string_view domain, std::string_view pattern);

/// The addr-specs in an address header field ("A <a@x>, g: b@y, c@z;" -> a@x, b@y, c@z). Guarded: at most
/// 1,000 are returned, and groups nested deeper than RFC 5322 allows are not followed (a real parser can be
/// made to overflow its stack).
std::vector<std::string> addresses_in(std::string_view unfolded_value);

}  // namespace pams
