/// The message while rules work on it, with everything that they have decided besides its bytes. Nothing here
/// has happened yet. Belongs to one session.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/actions/hook.hpp"
#include "rules/message/mail.hpp"

namespace pams::rules {

/// Exchange's default words for a message that is refused; they tell the sender nothing about the gateway.
inline constexpr std::string_view kNotAuthorized = "Delivery not authorized, message refused";

/// Final answers: the message does not go on as it is.
struct Reject {
  std::string status;  ///< enhanced code, "5.7.1"
  std::string text;    ///< the rule's own words, printable ASCII, one line
};
struct Discard {};
struct Quarantine {
  std::string reason;
};
/// Whatever failed, or must not be decided now: 451.
struct Defer {
  std::string status;  ///< "4.7.1", "4.3.0"
  std::string reason;  ///< for the log only
};
using Ending = std::variant<Reject, Discard, Quarantine, Defer>;

struct Draft {
  Mail mail;
  std::vector<std::string> added_recipients{};  ///< Bcc by rule, in order, without duplicates of the envelope
  std::vector<std::string> archives{};          ///< names of [[archive]] stores, in order, once each
  std::optional<std::string> connector{};  ///< chosen by a rule; a flagged message's is set before rules run
  std::optional<Ending> ending{};          ///< the first one wins; rules after it are not evaluated
  std::vector<std::string>
      notes{};            ///< what a reader of the trace should know ("wrap counts as ignore: flagged")
  HookRunner run_hook{};  ///< none: a hook is an error
  std::string flag{};     ///< name of the header that decides the route (pams.header)
};

}  // namespace pams::rules
