/// MIME parts of our own around a message or beside its parts: boundaries that occur nowhere in it, and the
/// disclaimer as a part. Pure; any thread. Linear.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "rules/disclaimer/disclaimer.hpp"

namespace pams::disclaimer {

/// Two boundaries that occur nowhere in the message.
std::array<std::string, 2> free_boundaries(std::string_view header, std::string_view body);

std::string delimiter(std::string_view boundary);        ///< with the line break in front that belongs to it
std::string close_delimiter(std::string_view boundary);  ///< the same

/// A multipart/alternative with both forms of the disclaimer: its header, blank line and content, all ASCII.
std::string disclaimer_part(const Disclaimer& disclaimer, std::string_view boundary);

bool is_content_field(std::string_view name);

/// RFC 2045 6.4: what a composite says of itself when a message is in it: "8bit", "binary" or "" for 7bit.
std::string_view encoding_around(const Headers& header, std::string_view body);

/// The message's own fields, without its Content-*, around a new multipart/mixed.
Headers outer_headers(const Headers& original, std::string_view boundary, std::string_view encoding);

}  // namespace pams::disclaimer
