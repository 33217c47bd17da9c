#include "rules/load/rule_actions.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "rules/base/text.hpp"
#include "rules/load/rule_parts.hpp"
#include "rules/policy/flag.hpp"
#include "rules/schema/find_tables.hpp"

namespace pams::rules {
namespace {

using Role = std::string_view ActionKeys::*;

bool has(const ReadAction& read, Role role) { return !(read.action.action->keys.*role).empty(); }
const std::string& text_of(const ReadAction& read, Role role) {
  return read.args.text(read.action.action->keys.*role);
}
const Location& place_of(const ReadAction& read, Role role) {
  return read.args.at(read.action.action->keys.*role);
}

/// The action gives the flag a value: the rule flags the message (Secure Direct Reply).
bool sets_flag(const ReadAction& read, const Pams& pams) {
  return has(read, &ActionKeys::header_value) &&
         header_key(text_of(read, &ActionKeys::header)) == header_key(pams.header);
}

/// A value that would be an anomaly if the message came with it is a mistake of the rule.
void check_flag_value(const ReadAction& read, const Reading& reading, const Pams& pams) {
  const auto& value = text_of(read, &ActionKeys::header_value);
  if (pams.pattern != nullptr && !RE2::PartialMatch(value, *pams.pattern))
    reading.error(place_of(read, &ActionKeys::header_value),
                  "value: '" + text::printable(value) + "' does not match pams.pattern");
}

/// A rule may not touch what decides the route.
void check_header(const ReadAction& read, const Location& at, const Reading& reading, const Pams& pams) {
  if (!has(read, &ActionKeys::header)) return;
  if (read.action.sets_flag) return check_flag_value(read, reading, pams);
  const auto key = header_key(text_of(read, &ActionKeys::header));
  for (const auto& guarded : {pams.header, std::string(kSealedHeader)})
    if (key == header_key(guarded))
      reading.error(at, "no rule may change the header " + guarded + ": it decides where the message leaves");
}

void check_program(const ReadAction& read, const Reading& reading) {
  if (!has(read, &ActionKeys::program) || !reading.files.check_program) return;
  const auto key = read.action.action->keys.program;
  if (const auto fine = reading.files.check_program(read.args.words(key).front()); !fine)
    reading.error(read.args.at(key), std::string(key) + ": " + fine.error().what);
}

/// Keys that hold a fragment of HTML, in whichever action they stand.
constexpr std::string_view kHtmlKeys[] = {"html_file", "html"};
constexpr std::string_view kDocumentTags[] = {"<!doctype", "<html", "<head", "<body"};

/// A message has a document of its own already: a second one in its middle shows a different text, or none,
/// in one mail program or another.
void warn_of_whole_document(const ReadAction& read, const Reading& reading) {
  for (const auto key : kHtmlKeys) {
    if (!read.args.has(key)) continue;
    const auto html = text::to_lower(read.args.text(key));
    for (const auto tag : kDocumentTags)
      if (html.find(tag) != std::string::npos)
        return reading.diagnostics.warning(
            read.args.at(key), std::string(key) + ": a whole HTML document (it has " + std::string(tag) +
                                   "); write the fragment alone, what stands between <body> and </body>");
  }
}

void check_reference(const ReadAction& read, Role role, std::string_view kind, const Reading& reading,
                     const std::vector<std::string>& known) {
  if (!has(read, role)) return;
  const auto& name = text_of(read, role);
  if (reading.files.is_complete && std::ranges::find(known, name) == known.end())
    reading.error(place_of(read, role), nothing_named(kind, name, known));
}

void check_action(const ReadAction& read, const Location& at, const Reading& reading, const Names& names) {
  check_header(read, at, reading, names.policy.pams);
  check_program(read, reading);
  warn_of_whole_document(read, reading);
  check_reference(read, &ActionKeys::archive, "archive", reading,
                  {names.archives.begin(), names.archives.end()});
  check_reference(read, &ActionKeys::connector, "outbound connector", reading,
                  names_of(names.policy.connectors));
}

bool is_enforced(const TransportRule& rule) { return rule.enabled && rule.mode == Mode::Enforce; }

/// Two rules that name different connectors may meet in one message.
void warn_of_second_route(const TransportRule& rule, const ReadAction& read, const Reading& reading,
                          Names& names) {
  if (!has(read, &ActionKeys::connector) || !is_enforced(rule)) return;
  const auto& connector = text_of(read, &ActionKeys::connector);
  const auto other = std::ranges::find_if(names.routes, [&](const auto& r) { return r.second != connector; });
  if (other != names.routes.end())
    reading.diagnostics.warning(place_of(read, &ActionKeys::connector),
                                "rule '" + other->first + "' names the connector '" + other->second +
                                    "': for a message that both rules match, it wins");
  names.routes.emplace_back(rule.name, connector);
}

/// A client that waits too long for its answer sends the message again, and it is there twice.
void warn_of_long_hooks(const TransportRule& rule, const ReadAction& read, const Reading& reading,
                        Names& names) {
  // RFC 5321 4.5.3.2.6: it waits ten minutes; two are left for everything else.
  constexpr std::uint64_t kMaxSeconds = 480;
  if (!has(read, &ActionKeys::program) || !is_enforced(rule)) return;
  const auto before = names.hook_seconds;
  names.hook_seconds += read.args.number(read.action.action->keys.program_timeout);
  if (before <= kMaxSeconds && names.hook_seconds > kMaxSeconds)
    reading.diagnostics.warning(place_of(read, &ActionKeys::program),
                                "a message that meets this hook and all before it may take " +
                                    std::to_string(names.hook_seconds) +
                                    " s; the sender waits 600 s, then sends it again");
}

/// A rule that flags says where the message goes, as in Exchange, and its fault is never passed over.
void check_flagging_rule(const schema::Value& table, const Reading& reading, const Pams& pams,
                         const TransportRule& rule, const std::vector<std::string>& routes) {
  const bool has_connector = !pams.connector.empty();  // not needed where PAMS is disabled
  if (has_connector && std::ranges::find(routes, pams.connector) == routes.end())
    reading.error(
        table.at(),
        "no rule may change the header " + pams.header +
            ": it decides where the message leaves; a rule that flags mail also needs the action route_message_outbound_connector = \"" +
            pams.connector + "\"");
  if (rule.error_action == ErrorAction::Ignore)
    reading.error(table.at(), "rule '" + rule.name + "' sets " + pams.header +
                                  ": with rule_error_action = \"ignore\" the message could leave unsecured");
}

/// The only member of an element of `do`.
const schema::Member* only_member(const schema::Value& element, const Reading& reading) {
  const auto* members = element.as<schema::Table>();
  if (members != nullptr && members->size() == 1) return &members->front();
  reading.error(
      element.at(),
      "[[transport_rule.do]] holds exactly one action; write one more [[transport_rule.do]] for each further one");
  return nullptr;
}

}  // namespace

void read_actions(const schema::Value& table, const Reading& reading, Names& names, TransportRule& rule) {
  const auto* list = table.find("do");
  if (list == nullptr) {
    if (!rule.stop_rule_processing && reading.files.is_complete)
      reading.diagnostics.warning(table.at(),
                                  "rule '" + rule.name + "' does nothing: it has no [[transport_rule.do]]");
    return;
  }
  std::vector<std::string> routes;
  for (const auto* element : schema::elements_of(*list, "[[transport_rule.do]]", reading.diagnostics)) {
    const auto* member = only_member(*element, reading);
    auto read = member == nullptr ? std::nullopt : read_action(*member, reading);
    if (!read) continue;
    read->action.sets_flag = sets_flag(*read, names.policy.pams);
    check_action(*read, member->key_at, reading, names);
    warn_of_second_route(rule, *read, reading, names);
    if (has(*read, &ActionKeys::connector)) routes.push_back(text_of(*read, &ActionKeys::connector));
    warn_of_long_hooks(rule, *read, reading, names);
    rule.actions.push_back(std::move(read->action));
  }
  if (reading.files.is_complete && std::ranges::any_of(rule.actions, &RuleAction::sets_flag))
    check_flagging_rule(table, reading, names.policy.pams, rule, routes);
}

}  // namespace pams::rules
