#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pams {

/// Exchange's accepted domains: who is "in the organization". Values; any thread.
struct Organization {
  std::vector<std::string> accepted_domains;  ///< example.org, *.example.org; canonical

  bool has_address(std::string_view address) const;
  /// The same for one that mail goes to. A local part that is a route ("piet@klant.example"@example.org,
  /// piet%klant.example@example.org) takes mail to the outside: an MTA that is the last one for the domain
  /// looks into it, as Postfix does (resolve_dequoted_address, allow_percent_hack, swap_bangpath).
  bool has_recipient(std::string_view address) const;
};

}  // namespace pams
