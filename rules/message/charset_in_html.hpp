/// The charset that an HTML text gives itself: mail programs go by it where the part's own label says
/// nothing. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pams {

/// "koi8-r" of <meta charset=koi8-r> or of <meta ... content="text/html; charset=koi8-r"> in the first 1024
/// bytes, as browsers look for it (HTML standard 13.2.3.2); "" when there is none.
std::string charset_in_html(std::string_view html);

/// readings() of an HTML part, and what its bytes are in the charset that it gives itself, where the label is
/// missing, us-ascii or unknown.
std::vector<std::string> html_readings(std::string_view bytes, std::string_view charset);

}  // namespace pams
