/// One message of Postfix's queue as postcat shows it, and as postdrop takes it back. postdrop is what
/// sendmail(1) hands its mail to: the message passes non_smtpd_milters like any local mail. It is used
/// directly because sendmail(1) reads recipients as RFC 5322 text, changes line ends, and knows no ORCPT.
/// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/base/result.hpp"

namespace pams::milter::mta {

struct QueuedRecipient {
  std::string address;                  ///< as Postfix keeps it: without the quotes of RFC 5321
  std::vector<std::string> attributes;  ///< "notify_flags=6", "dsn_orig_rcpt=rfc822;bob@client.example"
};

struct QueuedEnvelope {
  bool on_hold = false;
  std::string sender;                       ///< "" is the null sender
  std::vector<std::string> attributes;      ///< "envelope_id=abc", "ret_flags=2", "encoding=8bit"
  std::vector<QueuedRecipient> recipients;  ///< those that are not done yet
};

/// What `postcat -e -d` printed. Fails when it names no sender.
Result<QueuedEnvelope> parse_envelope(std::string_view postcat);

/// The message in postdrop's records. `content` is what `postcat -b -h` printed: lines with "\n".
std::string to_postdrop(const QueuedEnvelope& envelope, std::string_view content);

/// Whether the header at the beginning of `content` (lines with "\n") has the field.
bool has_field(std::string_view content, std::string_view name);

/// `content` without each such field, folds included; all other bytes as they were.
std::string without_field(std::string_view content, std::string_view name);

}  // namespace pams::milter::mta
