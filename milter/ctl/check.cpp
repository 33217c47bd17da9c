// pamsctl check: every mistake in the configuration, each at its place.
#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/check_config.hpp"
#include "milter/config/files.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/diagnostic_json.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

/// Where `key` is written in the configuration file; no place when it is in none, or in an included one.
Location place_of(const Settings& settings, std::string_view key) {
  const auto source =
      std::make_shared<const Source>(Source{settings.file, read_file(settings.file).value_or("")});
  std::size_t number = 0;
  for (const auto line : text::split(source->text, '\n')) {
    ++number;
    const auto rest = text::trim_left(line);
    if (rest.starts_with(key) && text::trim_left(rest.substr(key.size())).starts_with('='))
      return {source, number, line.size() - rest.size() + 1};
  }
  return {};
}

void warn_of_token(const Settings& settings, Diagnostics& diagnostics) {
  if (const auto at = place_of(settings, "route_token_file"); at.source != nullptr)
    diagnostics.warning(at, "route_token_file is not used any more: remove the line and the file");
}

/// Whoever is both is not believed to be Zivver: what comes back from there would be an anomaly.
void warn_of_overlap(const Config& config, Diagnostics& diagnostics) {
  const auto& peers = config.policy.pams.zivver_peers;
  const auto& trusted = config.policy.trust.networks;
  const bool overlap = std::ranges::any_of(peers, [&](const IpRange& peer) {
    return std::ranges::any_of(trusted, [&](const IpRange& network) { return network.overlaps(peer); });
  });
  if (overlap)
    diagnostics.warning(
        place_of(config.settings, "zivver_peers"),
        "zivver_peers and trust.networks overlap: who is in both is taken for one of yours and not for Zivver, and its flagged mail with X-Zivver-Transport is an anomaly; take the peers out of trust.networks");
}

void warn_of_reports(const Config& config, Diagnostics& diagnostics) {
  const auto& journal = config.policy.journal;
  if (config.policy.pams.enabled && !journal.rules.empty() &&
      journal.deliver_to.kind == rules::ReportDestination::Kind::None)
    diagnostics.warning(
        place_of(config.settings, "submit_to"),
        "[journal] has no deliver_to: flagged mail that a journal rule is for waits, because its report would have no sealed way");
}

void add_warnings(Loaded& loaded) {
  if (loaded.config == nullptr) return;
  warn_of_token(loaded.config->settings, loaded.diagnostics);
  warn_of_overlap(*loaded.config, loaded.diagnostics);
  warn_of_reports(*loaded.config, loaded.diagnostics);
}

void print_json(const Loaded& loaded) {
  const nlohmann::json all{{"ok", loaded.config != nullptr},
                           {"diagnostics", diagnostics_json(loaded.diagnostics)}};
  std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_text(const Loaded& loaded, const std::string& file) {
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr)
    std::cerr << file << ": " << loaded.diagnostics.errors() << " error(s)\n";
  else
    std::cout << file << ": no errors, " << loaded.config->policy.rules.size() << " rule(s), "
              << loaded.config->policy.connectors.size() << " connector(s)\n";
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "Print JSON");
  return [json, &globals] {
    auto loaded = check_config(globals.config_file);
    add_warnings(loaded);
    if (*json)
      print_json(loaded);
    else
      print_text(loaded, globals.config_file);
    return loaded.config != nullptr ? kFine : kFoundWrong;
  };
}

constexpr Example kExamples[] = {
    {"Every mistake in /etc/pams-milter, each with its place", "pamsctl check"},
    {"A configuration that is not in force yet", "pamsctl check --config /root/new/pams-milter.toml"},
};

}  // namespace

extern const Command check;
const Command check{
    .name = "check",
    .summary = "Check the configuration and report all mistakes at once",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
