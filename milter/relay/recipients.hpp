/// Which recipient of the seal a recipient of the carrier is: the MTA may have rewritten it, or added one of
/// its own. Only the seal's recipients ever get the message, so a wrong guess cannot lead it elsewhere. Pure.
/// Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "milter/seal/sealed.hpp"

namespace pams::milter::relay {

/// One RCPT of the MTA.
struct CarrierRecipient {
  std::string address;       ///< without brackets
  std::string original;      ///< the address in ORCPT, "" without one
  std::string parameters{};  ///< "NOTIFY=NEVER ORCPT=rfc822;a@b", as far as the MTA gave them
};

/// For each of `asked` its places in `sealed`; none: the seal is not for it. Several: each of them came with
/// the ORCPT that is all that is left of it, so each may be it.
std::vector<std::vector<std::size_t>> match_recipients(const std::vector<CarrierRecipient>& asked,
                                                       const std::vector<seal::Contents::Recipient>& sealed);

/// What the server is asked for the seal's `recipient`: what its client asked the milter for; without that,
/// what the MTA says it asked for. Mail of a local program has such wishes in the MTA's queue only. An ORCPT
/// that only repeats the address is the MTA's own and left out.
std::string dsn_parameters(const seal::Contents::Recipient& recipient, const CarrierRecipient& asked);

}  // namespace pams::milter::relay
