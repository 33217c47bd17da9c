/// What a milter has put in a message's place, opened again.
#pragma once

#include <string>

#include "milter/seal/carrier.hpp"
#include "tests/support/milter_client.hpp"

namespace pams::test {
using namespace pams::milter;

struct OpenedCarrier {
  Status status;          ///< of opening it
  std::string id;         ///< of the seal
  std::string transport;  ///< via= of X-PAMS-Sealed
  seal::Contents contents;
  std::string message;  ///< header, blank line, body, as it would leave
  std::string wire;     ///< the carrier itself
  /// The value of a field of the message inside, without the leading blank; "" when it is not there.
  std::string field(std::string_view name) const;
};

/// The carrier that an answer to a message makes: its added fields and its body.
OpenedCarrier open_carrier(const Ending& ending, const std::string& key_file);
/// Whether the answer makes one at all.
bool is_sealed(const Ending& ending);

}  // namespace pams::test
