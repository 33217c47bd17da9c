/// What was decided about a message, as data. Nothing here has happened yet; milter/session carries it out.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/actions/draft.hpp"
#include "rules/policy/classify.hpp"
#include "rules/policy/policy.hpp"

namespace pams::rules {

/// What the MTA is asked to do with the message, in the order in which it is asked: what a bounce carries,
/// header and body, recipients.

/// A bounce of the message carries its headers only (RET=HDRS).
struct ReturnHeadersOnly {};
/// `index` counts from 1 among the *received* fields of that name. No value: the field is deleted.
/// Deletions of one name come highest index first, so that the others keep their numbers.
struct ChangeHeader {
  std::string name;
  unsigned index;
  std::optional<std::string> value;  ///< as HeaderField::value
};
struct AddHeader {
  std::string name;
  std::string value;
};
/// On top of the header, above everything that was received.
struct InsertHeader {
  std::string name;
  std::string value;
};
/// An MTA sets the new body apart from the header by a blank line. Only a file that had none and was edited
/// further down is written without one again.
struct ReplaceBody {
  SharedBytes body;
  HeaderEnd header_end = HeaderEnd::BlankLine;
};
struct AddRecipient {
  std::string address;
};
using Effect =
    std::variant<ReturnHeadersOnly, ChangeHeader, AddHeader, InsertHeader, ReplaceBody, AddRecipient>;

/// One line, for the trace and `pamsctl test`: "add-header X-Example: 1", "replace-body 5321 bytes".
std::string describe(const Effect& effect);

struct ConditionEvidence {
  std::string name;  ///< the key, "except_if." in front for an exception
  bool holds;
  std::string seen;
};
struct ActionEvidence {
  std::string name;
  std::string outcome;  ///< what it did, or would have done (audit)
  bool carried_out;
};
struct RuleEvidence {
  std::string name;
  Mode mode;
  bool matched = false;
  std::optional<std::string> note{};  ///< "disabled", "not yet active", "processing error: ... (ignored)"
  std::vector<ConditionEvidence> conditions{};
  std::vector<ActionEvidence> actions{};
  bool failed = false;  ///< a condition or an action has; the note says which, and why
};

enum class Verdict { Accept, Defer, Reject, Discard, Quarantine };
std::string_view to_string(Verdict value);  ///< "accept", "defer", ...

/// An SMTP reply: {550, "5.7.1", "Delivery not authorized, message refused"}.
struct Reply {
  unsigned code = 250;
  std::string status = "2.0.0";
  std::string text;
};

struct Plan {
  Classification classification;
  Verdict verdict = Verdict::Accept;
  Reply reply;         ///< what the client gets when the verdict is Defer or Reject
  std::string reason;  ///< for the log: why this verdict, with details that the client does not get
  std::vector<RuleEvidence> rules;
  std::vector<std::string> notes;
  std::vector<std::string> archives;  ///< names; empty unless the verdict is Accept, Quarantine or Discard
  std::optional<std::string> route;   ///< connector name; none unless the verdict is Accept or Quarantine
  std::vector<Effect> effects;        ///< empty unless the verdict is Accept or Quarantine
  Message outgoing;                   ///< as it would leave, without the route marker
};

/// Everything that will happen, one line each, in that order: "archive compliance", "route-via Zivver", then
/// the effects.
std::vector<std::string> describe(const Plan& plan);

}  // namespace pams::rules
