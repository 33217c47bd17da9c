// pamsctl connector: what the outbound connectors are, and whether their smart hosts can be sent to.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/connector/validate.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

struct Options {
  bool json = false;
  std::string name;
  std::string send_to;
};

std::string_view to_string(rules::TlsSettings settings) {
  switch (settings) {
    case rules::TlsSettings::EncryptionOnly:
      return "encryption_only";
    case rules::TlsSettings::CertificateValidation:
      return "certificate_validation";
    case rules::TlsSettings::DomainValidation:
      break;
  }
  return "domain_validation";
}

std::vector<std::string> addresses_of(const rules::OutboundConnector& connector) {
  std::vector<std::string> out;
  for (const auto& host : connector.smart_hosts) out.push_back(host.address());
  return out;
}

nlohmann::json to_json(const Config& config, const rules::OutboundConnector& connector) {
  return {{"name", connector.name},
          {"smart_hosts", addresses_of(connector)},
          {"tls_settings", to_string(connector.tls_settings)},
          {"tls_domain", connector.tls_domain},
          {"tls_ca_file", connector.tls_ca_file},
          {"transport", connector.transport},
          {"max_message_size", connector.max_message_size},
          {"username", connector.username},
          {"flagged_mail", connector.name == config.policy.pams.connector}};
}

void print(const Config& config, const rules::OutboundConnector& connector) {
  const bool flagged = connector.name == config.policy.pams.connector;
  std::cout << connector.name << (flagged ? "  (flagged mail)" : "") << '\n'
            << "  smart hosts: " << text::join(addresses_of(connector), ", ") << '\n'
            << "  TLS:         " << to_string(connector.tls_settings);
  if (!connector.tls_domain.empty()) std::cout << " of " << connector.tls_domain;
  std::cout << '\n' << "  transport:   " << connector.transport << '\n';
  if (!connector.username.empty())
    std::cout << "  username:    " << text::printable(connector.username) << '\n';
}

int list(const Config& config, bool as_json) {
  auto connectors = nlohmann::json::array();
  for (const auto& connector : config.policy.connectors) {
    if (as_json)
      connectors.push_back(to_json(config, connector));
    else
      print(config, connector);
  }
  if (as_json) std::cout << nlohmann::json{{"connectors", connectors}}.dump(2) << '\n';
  return kFine;
}

int usage(const std::string& what) {
  std::cerr << "pamsctl connector validate: " << what << '\n';
  return kUsage;
}

void print(const Validation& validation) {
  for (const auto& host : validation.smart_hosts) {
    std::cout << host.host << '\n';
    for (const auto& [stage, status, reason] : host.stages)
      std::cout << "  " << milter::smart_host::to_string(status) << '\t' << stage << ": " << reason << '\n';
  }
  std::cout << (validation.ok() ? "fine" : "not fine") << ": " << validation.connector << '\n';
}

void print_json(const Validation& validation) {
  auto hosts = nlohmann::json::array();
  for (const auto& host : validation.smart_hosts) {
    auto stages = nlohmann::json::array();
    for (const auto& [stage, status, reason] : host.stages)
      stages.push_back(
          {{"stage", stage}, {"status", milter::smart_host::to_string(status)}, {"reason", reason}});
    hosts.push_back({{"host", host.host}, {"stages", stages}});
  }
  const nlohmann::json answer{
      {"connector", validation.connector}, {"ok", validation.ok()}, {"smart_hosts", hosts}};
  std::cout << answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int run_validate(const Config& config, const Options& options) {
  const auto* connector = config.policy.connector(options.name);
  if (connector == nullptr)
    return usage("there is no outbound connector '" + text::printable(options.name) +
                 "'; see pamsctl connector list");
  const auto validation = validate(config, *connector, options.send_to);
  if (!validation) return usage(validation.error().what);
  if (options.json)
    print_json(*validation);
  else
    print(*validation);
  return validation->ok() ? kFine : kFoundWrong;
}

int run(const Globals& globals, const Options& options, bool only_list) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (!loaded.config) return kFoundWrong;
  return only_list ? list(*loaded.config, options.json) : run_validate(*loaded.config, options);
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  const auto options = std::make_shared<Options>();
  auto* list = app.add_subcommand("list", "The outbound connectors of the configuration");
  auto* validate =
      app.add_subcommand("validate", "Ask each smart host whether it could take a flagged message");
  for (auto* one : {list, validate}) {
    one->fallthrough();
    one->add_flag("--json", options->json, "Print JSON");
  }
  validate->add_option("NAME", options->name, "The connector")->required();
  validate->add_option(
      "--send-to", options->send_to,
      "Also send a flagged test message to this address through the MTA, and follow it to the smart host's answer");
  app.require_subcommand(1);
  return [options, list, &globals] { return run(globals, *options, list->parsed()); };
}

constexpr Example kExamples[] = {
    {"The connectors and their smart hosts", "pamsctl connector list"},
    {"Does the smart host show what it must?", "pamsctl connector validate Zivver"},
    {"Follow a flagged test message to the smart host's answer",
     "pamsctl connector validate Zivver --send-to you@example.org"},
};

}  // namespace

extern const Command connector;
const Command connector{
    .name = "connector",
    .summary = "List the outbound connectors, or validate one",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
