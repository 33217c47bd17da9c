/// What a rule condition is. To add one: write rules/conditions/<name>.cpp and add CONDITION(<name>) to
/// table.def. The build, the parser, the `except_if` twin, the manual and the tests follow from the row.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "rules/base/result.hpp"
#include "rules/message/mail.hpp"
#include "rules/schema/args.hpp"
#include "rules/schema/param.hpp"

namespace pams::rules {

enum class SenderAddressLocation { Header, Envelope, HeaderOrEnvelope };
/// A milter cannot fork a message: a condition on recipients holds for the message when it holds for any, or
/// for all.
enum class RecipientMatch { Any, All };

/// The properties of the rule that its conditions obey.
struct Scope {
  SenderAddressLocation sender = SenderAddressLocation::Header;
  RecipientMatch recipients = RecipientMatch::Any;
};

struct Finding {
  bool holds = false;
  std::string seen;  ///< what decided it, for the trace: "zivver-relay: zivver-message-info", "6291456 bytes"
};

/// A compiled condition: pure, const, safe to call from many sessions at once. An error is a rule processing
/// error.
using Predicate = std::function<Result<Finding>(const Mail&, const Scope&)>;

/// Documentation that is executed: printed in the manual, evaluated by the table test.
struct Example {
  std::string_view toml;     ///< what stands after `name = `
  std::string_view message;  ///< header, blank line, body; LF line ends
  bool matches;
  std::string_view sender = "anna@example.org";        ///< envelope; accepted domain is example.org
  std::string_view recipients = "piet@klant.example";  ///< separated by blanks
  std::string_view client = "127.0.0.1";
};

struct Condition {
  std::string_view name;      ///< TOML key: the Exchange parameter in snake_case
  std::string_view exchange;  ///< Exchange parameter(s); empty for an extension of ours
  std::string_view summary;   ///< one sentence, third person, ends with a full stop
  bool needs_body;            ///< whether the body must be there when it is evaluated
  std::span<const schema::Param> params;
  std::span<const Example> examples;
  Result<Predicate> (*compile)(const schema::Args& args);
};

/// All conditions, in the order of table.def (which is the order of the manual).
std::span<const Condition* const> conditions();

/// nullptr when there is no such condition.
const Condition* find_condition(std::string_view name);

}  // namespace pams::rules
