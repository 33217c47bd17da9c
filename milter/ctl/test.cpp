// pamsctl test: Exchange's Test-Message. What would happen to this message, and why; nothing is sent, stored
// or changed.
#include <chrono>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "milter/config/config.hpp"
#include "milter/config/files.hpp"
#include "milter/ctl/command.hpp"
#include "rules/base/ip_range.hpp"
#include "rules/base/text.hpp"
#include "rules/policy/evaluate.hpp"

namespace pams::milter::ctl {
namespace {

using nlohmann::json;

struct Options {
  std::string eml, sender, client_address = "127.0.0.1", authenticated, out;
  std::vector<std::string> recipients;
  bool as_json = false;
};

std::string without_brackets(const std::string& address) {
  return address.starts_with('<') && address.ends_with('>') ? address.substr(1, address.size() - 2) : address;
}

/// Which limit the milter would have met while it collected the message; "" for none.
std::string_view exceeded_limit(const rules::Limits& limits, const Message& message) {
  if (message.headers.fields().size() > limits.header_count) return "header_count";
  if (message.headers.wire().size() > limits.header_bytes) return "header_bytes";
  return "";
}

rules::Plan make_plan(const Config& config, const Options& options, const std::string& eml) {
  auto message = parse_message(eml);
  const auto limit = exceeded_limit(config.policy.limits, message);
  Envelope envelope{without_brackets(options.sender), {}};
  for (const auto& recipient : options.recipients) envelope.recipients.push_back(without_brackets(recipient));
  const auto deadline = std::chrono::steady_clock::now() + config.policy.limits.evaluation_time;
  const rules::EvaluationContext context{
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
      [deadline] { return std::chrono::steady_clock::now() > deadline; }, rules::hooks_not_run()};
  return rules::evaluate(config.policy, std::move(message), std::move(envelope),
                         Client{options.client_address, options.authenticated, ""}, limit, context);
}

std::string to_text(const rules::Reply& reply) {
  return std::to_string(reply.code) + " " + reply.status + (reply.text.empty() ? "" : " " + reply.text);
}

std::string_view to_string(rules::Mode mode) {
  return mode == rules::Mode::Enforce ? "enforce" : mode == rules::Mode::Audit ? "audit" : "audit_and_notify";
}

json to_json(const rules::RuleEvidence& rule) {
  auto conditions = json::array();
  for (const auto& c : rule.conditions)
    conditions.push_back({{"name", c.name}, {"holds", c.holds}, {"seen", c.seen}});
  auto actions = json::array();
  for (const auto& a : rule.actions)
    actions.push_back({{"name", a.name}, {"outcome", a.outcome}, {"carried_out", a.carried_out}});
  return {{"name", rule.name},
          {"matched", rule.matched},
          {"mode", to_string(rule.mode)},
          {"note", rule.note.value_or("")},
          {"conditions", conditions},
          {"actions", actions}};
}

json to_json(const rules::Plan& plan) {
  auto all_rules = json::array();
  for (const auto& rule : plan.rules) all_rules.push_back(to_json(rule));
  return {{"class", rules::to_string(plan.classification.value)},
          {"class_reason", plan.classification.reason},
          {"verdict", rules::to_string(plan.verdict)},
          {"reply", to_text(plan.reply)},
          {"reason", plan.reason},
          {"route", plan.route ? json{{"connector", *plan.route}} : json(nullptr)},
          {"rules", all_rules},
          {"notes", plan.notes},
          {"effects", rules::describe(plan)}};
}

/// Nothing is done here, so nothing is told as done.
std::string told(const rules::RuleEvidence& rule, const rules::ActionEvidence& action) {
  const auto what = action.name + ": " + text::printable(action.outcome);
  if (action.carried_out) return "would     " + what;
  const bool is_enforced = rule.mode == rules::Mode::Enforce;
  return "would not " + what + (is_enforced ? " (the message would be refused)" : " (the rule only audits)");
}

void print_rule(const rules::RuleEvidence& rule) {
  std::cout << "rule     " << text::printable(rule.name) << ": "
            << (rule.matched ? "matches" : "does not match")
            << (rule.mode == rules::Mode::Enforce ? "" : " (" + std::string(to_string(rule.mode)) + ")")
            << (rule.note ? " (" + text::printable(*rule.note) + ")" : "") << '\n';
  for (const auto& c : rule.conditions)
    std::cout << "           " << (c.holds ? "yes  " : "no   ") << c.name << ": " << text::printable(c.seen)
              << '\n';
  for (const auto& a : rule.actions) std::cout << "           " << told(rule, a) << '\n';
}

void print_text(const rules::Plan& plan) {
  const auto& classification = plan.classification;
  std::cout << "class    " << rules::to_string(classification.value)
            << (classification.reason.empty() ? "" : " (" + text::printable(classification.reason) + ")")
            << '\n';
  for (const auto& rule : plan.rules) print_rule(rule);
  for (const auto& note : plan.notes) std::cout << "note     " << text::printable(note) << '\n';
  for (const auto& effect : rules::describe(plan))
    std::cout << "effect   " << text::printable(effect) << '\n';
  std::cout << "route    " << (plan.route ? "connector " + *plan.route : "the normal route") << '\n';
  std::cout << "verdict  " << rules::to_string(plan.verdict) << ": " << to_text(plan.reply)
            << (plan.reason.empty() ? "" : " (" + text::printable(plan.reason) + ")") << '\n';
}

bool leaves(rules::Verdict verdict) {
  return verdict == rules::Verdict::Accept || verdict == rules::Verdict::Quarantine;
}

Status write_message(const std::string& path, const Message& message) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const auto wire = message.wire();
  out.write(wire.data(), static_cast<std::streamsize>(wire.size()));
  out.close();
  if (!out) return fail(Failure::Misconfigured, path + ": cannot be written");
  return {};
}

int run(const Options& options, const Globals& globals) {
  const auto loaded = load_config(globals.config_file);
  std::cerr << loaded.diagnostics.text();
  if (loaded.config == nullptr) return kFoundWrong;
  const auto eml = read_file(options.eml);
  if (!eml) {
    std::cerr << eml.error().what << '\n';
    return kFoundWrong;
  }
  const auto plan = make_plan(*loaded.config, options, *eml);
  if (!options.out.empty() && leaves(plan.verdict))
    if (const auto written = write_message(options.out, plan.outgoing); !written) {
      std::cerr << written.error().what << '\n';
      return kFoundWrong;
    }
  if (options.as_json)
    std::cout << to_json(plan).dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  else
    print_text(plan);
  return kFine;
}

std::function<int()> declare(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<Options>();
  app.add_option("--eml", options->eml, "The message")->required();
  app.add_option("--sender", options->sender, "Envelope sender; \"\" or <> is the null sender")->required();
  app.add_option("--recipient", options->recipients, "Envelope recipient; repeatable")->required();
  app.add_option("--client-address", options->client_address, "The peer's IP address")
      ->capture_default_str()
      ->check([](const std::string& written) {
        return parse_ip(written) ? "" : "'" + written + "' is no IP address";
      });
  app.add_option("--authenticated", options->authenticated, "The peer's SASL user");
  app.add_option("--out", options->out, "Write the message here as it would leave (nothing if it would not)");
  app.add_flag("--json", options->as_json, "Print JSON");
  return [options, &globals] { return run(*options, globals); };
}

constexpr Example kExamples[] = {
    {"What would happen to a message, rule by rule",
     "pamsctl test --eml message.eml --sender ann@example.org --recipient bob@partner.example"},
    {"The message as it would leave, in a file",
     "pamsctl test --eml message.eml --sender ann@example.org --recipient bob@partner.example --out result.eml"},
    {"The same from a host that is not trusted",
     "pamsctl test --eml message.eml --sender ann@example.org --recipient bob@partner.example --client-address 203.0.113.9"},
};

}  // namespace

extern const Command test;
const Command test{
    .name = "test",
    .summary = "Show what would happen to a message, and why",
    .declare = declare,
    .examples = kExamples,
};

}  // namespace pams::milter::ctl
