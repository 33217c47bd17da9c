#include "milter/control/status_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pams::milter::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostEntries = 15;
constexpr std::size_t kLongestText = 600;
constexpr std::size_t kLongestOfAccess = 250;

std::string cut(const std::string& text, std::size_t longest = kLongestText) {
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

/// What is wrong comes first, so that it is never what is cut.
std::vector<Access> worst_first(std::vector<Access> all) {
  std::stable_partition(all.begin(), all.end(), [](const Access& one) { return !one.problem.empty(); });
  return all;
}

template <class Entry, class ToJson>
Json list_of(const std::vector<Entry>& entries, ToJson to_json_of) {
  auto list = Json::array();
  for (const auto& entry : entries)
    if (list.size() < kMostEntries) list.push_back(to_json_of(entry));
  return list;
}

const char* text_of(RouteState state) {
  switch (state) {
    case RouteState::Verified:
      return "verified";
    case RouteState::Unverified:
      return "unverified";
    case RouteState::NotChecked:
      break;
  }
  return "not checked";
}

RouteState route_of(const std::string& text) {
  for (const auto state : {RouteState::Verified, RouteState::Unverified})
    if (text == text_of(state)) return state;
  return RouteState::NotChecked;
}

Json json_of(const FailedCheck& check) {
  return {{"id", cut(check.id)}, {"seen", cut(check.seen)}, {"remedy", cut(check.remedy)}};
}

Json json_of(const Access& access) {
  const auto shown = [](const std::string& text) { return cut(text, kLongestOfAccess); };
  return {{"what", shown(access.what)},     {"path", shown(access.path)},
          {"ok", access.problem.empty()},   {"problem", shown(access.problem)},
          {"remedy", shown(access.remedy)}, {"holds_mail", access.holds_mail}};
}

void read_configuration(const Json& json, StatusReport& report) {
  report.config_file = json.at("file");
  report.loaded = json.at("loaded");
  report.changed = json.at("changed").get<std::vector<std::string>>();
  report.refused = json.at("refused");
}

void read_routing(const Json& json, StatusReport& report) {
  report.connector = json.at("connector");
  report.route = route_of(json.at("state"));
  report.route_problem = json.at("problem");
  for (const auto& one : json.at("failed_checks"))
    report.failed_checks.push_back({one.at("id"), one.at("seen"), one.at("remedy")});
}

void read_access(const Json& json, StatusReport& report) {
  for (const auto& one : json)
    report.access.push_back(
        {one.at("what"), one.at("path"), one.at("problem"), one.at("remedy"), one.at("holds_mail")});
}

}  // namespace

std::vector<std::string> StatusReport::why_mail_waits() const {
  std::vector<std::string> reasons;
  if (route == RouteState::Unverified) reasons.push_back("flagged mail waits: " + route_problem);
  for (const auto& one : access)
    if (one.holds_mail && !one.problem.empty())
      reasons.push_back("mail that needs the " + one.what + " waits: " + one.problem +
                        "; remedy: " + one.remedy);
  return reasons;
}

std::string to_json(const StatusReport& report) {
  const auto as_it_is = [](const std::string& text) { return cut(text); };
  const auto as_object = [](const auto& entry) { return json_of(entry); };
  const Json json{
      {"version", report.version},
      {"pid", report.pid},
      {"user", report.user},
      {"listen", report.listen},
      {"started", report.started},
      {"uptime", report.uptime},
      {"connections", report.connections},
      {"messages", report.messages},
      {"configuration",
       {{"file", report.config_file},
        {"loaded", report.loaded},
        {"is_current", report.changed.empty()},
        {"changed", list_of(report.changed, as_it_is)},
        {"refused", cut(report.refused)}}},
      {"routing",
       {{"connector", report.connector},
        {"state", text_of(report.route)},
        {"problem", cut(report.route_problem)},
        {"failed_checks", list_of(report.failed_checks, as_object)}}},
      {"access", list_of(worst_first(report.access), as_object)},
      {"relay", {{"is_running", report.relay_problem.empty()}, {"problem", cut(report.relay_problem)}}},
      {"mail_waits", list_of(report.why_mail_waits(), as_it_is)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<StatusReport> read_status_report(const std::string& json) {
  try {
    const auto parsed = Json::parse(json);
    StatusReport report;
    report.version = parsed.at("version");
    report.user = parsed.at("user");
    report.listen = parsed.at("listen");
    report.started = parsed.at("started");
    report.pid = parsed.at("pid");
    report.uptime = parsed.at("uptime");
    report.connections = parsed.at("connections");
    report.messages = parsed.at("messages");
    read_configuration(parsed.at("configuration"), report);
    read_routing(parsed.at("routing"), report);
    read_access(parsed.at("access"), report);
    report.relay_problem = parsed.at("relay").at("problem");
    return report;
  } catch (const Json::exception& e) {
    return fail(Failure::Temporary, std::string("the milter's answer is not understood: ") + e.what());
  }
}

}  // namespace pams::milter::control
