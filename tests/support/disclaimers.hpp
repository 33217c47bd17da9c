/// Applying a disclaimer to a message in a test.
#pragma once

#include <string>
#include <string_view>

#include "rules/disclaimer/disclaimer.hpp"
#include "tests/support/eml.hpp"

namespace pams::test {

inline disclaimer::Disclaimer ascii_disclaimer(disclaimer::Location location = disclaimer::Location::Append) {
  return {"<p>Notice</p>", "Notice", location};
}
/// "Één €" cannot stand in ISO-8859-1.
inline disclaimer::Disclaimer euro_disclaimer(disclaimer::Location location = disclaimer::Location::Append) {
  return {"<p>\xC3\xA9\xC3\xA9n \xE2\x82\xAC</p>", "\xC3\xA9\xC3\xA9n \xE2\x82\xAC", location};
}
inline disclaimer::Disclaimer prepended(disclaimer::Disclaimer disclaimer) {
  disclaimer.location = disclaimer::Location::Prepend;
  return disclaimer;
}

inline tl::expected<disclaimer::Applied, mime::NoBodyText> try_apply(
    std::string_view eml, const disclaimer::Disclaimer& disclaimer) {
  const auto message = parse_message(eml);
  return apply(message, map_mime(message, {}).value(), disclaimer);
}

/// The message with the disclaimer, as it stands on the wire.
inline std::string applied(std::string_view eml, const disclaimer::Disclaimer& disclaimer) {
  return try_apply(eml, disclaimer).value().message.wire();
}

/// Why it was refused; "" when it was not.
inline std::string refusal(std::string_view eml, const disclaimer::Disclaimer& disclaimer) {
  const auto result = try_apply(eml, disclaimer);
  return result ? "" : result.error().why;
}

}  // namespace pams::test
