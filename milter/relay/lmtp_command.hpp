/// LMTP commands as the MTA writes them (RFC 2033, 5321, 3461). Pure. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pams::milter::relay {

struct LmtpCommand {
  std::string verb;  ///< in upper case
  std::string rest;  ///< without blanks at both ends
};
/// nullopt: bytes that no command may hold.
std::optional<LmtpCommand> parse_command(std::string_view line);

struct PathArgument {
  std::string address;                                          ///< without brackets; "" = <>
  std::vector<std::pair<std::string, std::string>> parameters;  ///< keyword in upper case, value
  /// "" when it is not there.
  std::string_view parameter(std::string_view keyword) const;
  bool has(std::string_view keyword) const;
};
/// `rest` of MAIL (`keyword` "FROM:") or RCPT ("TO:").
std::optional<PathArgument> parse_path(std::string_view rest, std::string_view keyword);

/// The address in the value of ORCPT: "rfc822;a+2Bb@c" -> "a+b@c"; of another type with that: "X400;o" ->
/// "x400;o".
/// "" when it is none.
std::string original_recipient(std::string_view orcpt);

}  // namespace pams::milter::relay
