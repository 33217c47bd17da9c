/// Which messages in Postfix's queue the product has to do with: flagged ones that were not sealed, and
/// carriers. Asks postcat, in every directory of the queue; needs root.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "milter/mta/postfix/postfix.hpp"

namespace pams::milter::routing {

struct RoutedQueue {
  std::size_t unsealed = 0;                 ///< messages with the flag in clear
  std::size_t sealed = 0;                   ///< carriers
  std::string an_unsealed;                  ///< the queue file's name of one of them
  std::string a_sealed;                     ///< the same
  std::map<std::string, std::size_t> keys;  ///< carriers by the key that sealed them

  /// Counts a message with this header, as postcat -h prints it. `flag`: the flag's field name.
  void add(const std::string& name, std::string_view header, std::string_view flag);
};

/// Fails when the queue is too long to be looked through.
Result<RoutedQueue> look_through_queue(const mta::Postfix& postfix, const std::string& flag);

}  // namespace pams::milter::routing
