/// What a rule action is. To add one: write rules/actions/<name>.cpp and add ACTION(<name>) to table.def.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "rules/actions/draft.hpp"
#include "rules/base/result.hpp"
#include "rules/schema/args.hpp"
#include "rules/schema/param.hpp"

namespace pams::rules {

/// A compiled action: changes the draft and says what it did ("appended to 2 parts"). Pure but for the draft
/// and the draft's HookRunner. On an error the draft must be as it was: the evaluation gives it a copy and
/// keeps the copy only on success.
using Step = std::function<Result<std::string>(Draft&)>;

/// Documentation that is executed.
struct ActionExample {
  std::string_view toml;     ///< what stands after `name = `
  std::string_view message;  ///< LF line ends
  std::string_view result;   ///< the message afterwards, LF line ends; or "= " and what the draft says:
                             ///< "= reject 5.7.1 text", "= discard", "= quarantine text", "= archive name",
                             ///< "= add-recipient address", "= connector name"
  int hook_exit = 0;         ///< how a program ends that the action runs, and what it writes
  std::string_view hook_output = {};
};

/// Which keys of an action mean something beyond it; "" where it has no such key. By them alone the loader
/// checks what a rule names, and rules together: it knows no action by its name.
struct ActionKeys {
  std::string_view archive = {};          ///< Text: an [[archive]]
  std::string_view connector = {};        ///< Text: the [[outbound_connector]] through which it routes
  std::string_view header = {};           ///< Text: the header field that it changes or removes
  std::string_view header_value = {};     ///< Text: what `header` gets; with it an action can set the flag
  std::string_view program = {};          ///< Words, not empty: a command, its first word a program
  std::string_view program_timeout = {};  ///< Duration: how long a message may wait for `program`
};

struct Action {
  std::string_view name;
  std::string_view exchange;
  std::string_view summary;
  bool needs_body;
  bool edits_content;  ///< header or body: left out for mail from the null sender
  ActionKeys keys = {};
  std::span<const schema::Param> params;
  std::span<const ActionExample> examples;
  Result<Step> (*compile)(const schema::Args& args);
};

std::span<const Action* const> actions();
const Action* find_action(std::string_view name);

}  // namespace pams::rules
