/// One form for all the ways to write one mail address: quotes that are not needed, quoted-pairs, a trailing
/// dot, letter case, and the A-label, U-label, full-width and otherwise mapped forms of a domain (UTS #46,
/// non-transitional). Addresses are compared in these forms only; what goes to the MTA stays as it was
/// written. Labels that are no valid IDN (homographs are valid and stay apart) keep their bytes in lower
/// case. Pure, total, linear; any thread. What is longer than any domain is not looked at by ICU.
#pragma once

#include <string>
#include <string_view>

namespace pams {

struct AddressParts {
  std::string_view local;   ///< as written; all of it when there is no domain
  std::string_view domain;  ///< after the last "@" outside quotes; "" when there is none
};
AddressParts split_address(std::string_view address);

/// The local part without quotes and backslashes; as it is when its quotes do not end.
std::string dequoted(std::string_view local);

/// In A-labels and lower case, without the trailing dot. A joiner (U+200C, U+200D) where no script has one is
/// dropped: nobody sees it. "*" and "*.example.org" may be given.
std::string canonical_domain(std::string_view domain);

/// As canonical_domain(), but a joiner stays: what an MTA would look up. For the border of the organization.
std::string looked_up_domain(std::string_view domain);

/// With the domain in A-labels, and the local part quoted only if it must be. The letter case of the local
/// part is kept (RFC 5321 2.4).
std::string canonical_address(std::string_view address);

/// Equal for addresses that differ only in the letter case of the local part, too (and in NFC). The domain is
/// in U-labels, so that a part of it can be searched for. Patterns with * and ? stay patterns.
std::string address_key(std::string_view address);

/// A domain as address_key() has it.
std::string domain_key(std::string_view domain);

}  // namespace pams
