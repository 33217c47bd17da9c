/// Mail that this program writes itself (journal reports, test messages), composed by GMime: address fields,
/// dates, the nesting of parts, the transfer encoding of text. What others wrote is never written by GMime,
/// which changes line ends and folds: it stands as it came between the two halves of an Around, and a subject
/// of theirs is encoded by make_header_value. Addresses and names pass one guard first. Pure; any thread.
/// Linear.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "rules/message/header.hpp"

namespace pams {

/// "Mon, 23 Nov 2026 09:00:02 +0000" (RFC 5322 3.3).
std::string mail_date(std::chrono::sys_seconds time);

struct NewMail {
  std::string from_name = {};  ///< "" = none
  std::string from = {};       ///< addr-spec
  std::string to = {};         ///< addr-spec
  std::string subject = {};    ///< UTF-8
  std::chrono::sys_seconds date = {};
  std::string message_id = {};           ///< without < and >
  std::vector<HeaderField> fields = {};  ///< further ones, as they stand on the wire
  std::string text = {};                 ///< UTF-8, CRLF line ends
};

/// The message, with CRLF line ends.
std::string compose(const NewMail& mail);

/// What stands in front of an attached message and what after it. The message itself belongs in between,
/// byte for byte, and must not hold the boundary.
struct Around {
  std::string head, tail;
  bool is_8bit = false;  ///< some byte is above 127, in the text or in the attached message
};
Around compose_around(const NewMail& mail, const std::string& boundary, bool attached_is_8bit);

/// The guard: whether GMime may have an address or a name. Refused are control bytes, which GMime copies into
/// the header as they are, bytes that are no UTF-8, what is longer than a line, and more colons or
/// parentheses than an address has: GMime 3.2.13 reads groups and comments by recursion until the stack ends.
/// compose() writes what is refused itself, escaped.
bool is_fit_for_gmime(std::string_view value);

}  // namespace pams
