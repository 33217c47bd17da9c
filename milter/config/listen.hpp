#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "milter/config/config.hpp"

namespace pams::milter {

/// [milter] listen, in libmilter's or Postfix's spelling; or why it is none.
tl::expected<Listen, std::string> parse_listen(std::string_view text);

}  // namespace pams::milter
