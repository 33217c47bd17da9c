/// Which recipient of the seal a recipient of the carrier is: the MTA may have rewritten it, or added one of
/// its own. Only the seal's recipients ever get the message, so a wrong guess cannot lead it elsewhere. Pure.
/// Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/seal/sealed.hpp"

namespace pams::milter::relay {

/// One RCPT of the MTA.
struct CarrierRecipient {
  std::string address;   ///< without brackets
  std::string original;  ///< the address in ORCPT, "" without one
};

/// For each of `asked` its place in `sealed`; nullopt: the seal is not for it.
std::vector<std::optional<std::size_t>> match_recipients(
    const std::vector<CarrierRecipient>& asked, const std::vector<seal::Contents::Recipient>& sealed);

}  // namespace pams::milter::relay
