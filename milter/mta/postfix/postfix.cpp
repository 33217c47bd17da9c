#include "milter/mta/postfix/postfix.hpp"

#include "milter/mta/process.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

std::vector<std::string> lines(std::string_view output) {
  std::vector<std::string> out;
  for (const auto line : text::split(output, '\n'))
    if (!text::trim(line).empty()) out.emplace_back(text::trim_right(line));
  return out;
}

/// "name = value" lines, as postconf prints them.
std::map<std::string, std::string> assignments(std::string_view output) {
  std::map<std::string, std::string> out;
  for (const auto& line : lines(output))
    if (const auto equals = line.find('='); equals != std::string::npos)
      out[std::string(text::trim(line.substr(0, equals)))] = text::trim(line.substr(equals + 1));
  return out;
}

/// What a tool said about a failure, on one line: its warnings are noise next to what was fatal.
std::string complaint(std::string_view errors) {
  std::string all;
  for (const auto& line : lines(errors)) {
    if (line.find("fatal:") != std::string::npos || line.find("panic:") != std::string::npos)
      return text::printable(line);
    all += (all.empty() ? "" : "; ") + line;
  }
  return text::printable(all);
}

/// postmap exits with 1 both for "no such key" and for "no such map"; only its words tell them apart.
bool is_error(std::string_view errors) {
  for (const auto* word : {"fatal:", "panic:", "error:", "unavailable", "Permission denied"})
    if (errors.find(word) != std::string_view::npos) return true;
  return false;
}

std::vector<std::string> environment(const std::string& config_directory) {
  return {"MAIL_CONFIG=" + config_directory, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
}

}  // namespace

Postfix::Postfix(std::string config_directory, std::chrono::milliseconds timeout)
    : config_directory_(std::move(config_directory)),
      timeout_(timeout),
      postconf_(find_program("postconf")),
      postmap_(find_program("postmap")) {}

Result<std::string> Postfix::ask(const std::string& program,
                                 const std::vector<std::string>& arguments) const {
  if (program.empty())
    return fail(Failure::Misconfigured, "postconf and postmap are not found: is Postfix installed?");
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto finished = run_process(argv, environment(config_directory_), timeout_);
  if (!finished) return tl::unexpected(finished.error());
  if (finished->exit_code == 0) return std::move(finished->output);
  return fail(Failure::Misconfigured, program + " " + arguments[0] + " on " + config_directory_ +
                                          " ended with " + std::to_string(finished->exit_code) + ": " +
                                          complaint(finished->errors));
}

Result<std::string> Postfix::parameter(const std::string& name) const {
  return ask(postconf_, {"-x", "-h", name}).map([](const std::string& output) {
    return std::string(text::trim(output));
  });
}

Result<std::map<std::string, std::string>> Postfix::parameters(
    const std::vector<std::string>& names, const std::vector<std::string>& overrides) const {
  std::vector<std::string> arguments{"-x"};
  for (const auto& override : overrides) arguments.insert(arguments.end(), {"-o", override});
  arguments.insert(arguments.end(), names.begin(), names.end());
  return ask(postconf_, arguments).map(assignments);
}

Result<std::map<std::string, std::string>> Postfix::written(const std::vector<std::string>& names) const {
  return ask(postconf_, names).map(assignments);
}

Result<std::vector<std::string>> Postfix::services() const { return ask(postconf_, {"-M"}).map(lines); }

Result<std::vector<std::string>> Postfix::service_parameters() const {
  return ask(postconf_, {"-P"}).map(lines);
}

Result<std::vector<std::string>> Postfix::map_types() const { return ask(postconf_, {"-m"}).map(lines); }

Result<std::optional<std::string>> Postfix::lookup(const std::string& map, const std::string& key) const {
  if (postmap_.empty()) return fail(Failure::Misconfigured, "postmap is not found: is Postfix installed?");
  auto finished = run_process({postmap_, "-q", key, map}, environment(config_directory_), timeout_);
  if (!finished) return tl::unexpected(finished.error());
  if (finished->exit_code == 0) return std::string(text::trim(finished->output));
  if (finished->exit_code == 1 && !is_error(finished->errors)) return std::nullopt;
  return fail(Failure::Misconfigured, "postmap -q on " + map + ": " + complaint(finished->errors));
}

Status Postfix::set_parameters(const std::vector<std::string>& assignments) const {
  std::vector<std::string> arguments{"-e"};
  arguments.insert(arguments.end(), assignments.begin(), assignments.end());
  return ask(postconf_, arguments).map([](const std::string&) {});
}

Status Postfix::set_service_parameter(const std::string& assignment) const {
  return ask(postconf_, {"-P", assignment}).map([](const std::string&) {});
}

Status Postfix::set_service(const std::string& key, const std::string& line) const {
  return ask(postconf_, {"-M", key + "=" + line}).map([](const std::string&) {});
}

}  // namespace pams::milter::mta
