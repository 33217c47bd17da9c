/// Policies in tests, written as an operator writes them.
#pragma once

#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load.hpp"
#include "rules/policy/evaluate.hpp"

namespace pams::rules {
// For BOOST_TEST.
inline std::ostream& operator<<(std::ostream& out, Verdict value) { return out << to_string(value); }
inline std::ostream& operator<<(std::ostream& out, MessageClass value) { return out << to_string(value); }
}  // namespace pams::rules

namespace pams::test {

struct LoadedPolicy {
  std::optional<rules::Policy> policy;
  std::string text;  ///< all diagnostics
  std::size_t errors = 0;
};

/// The first text is pams.toml, the next are rules1.toml, rules2.toml, ...
inline LoadedPolicy load_texts(const std::vector<std::string>& texts,
                               const schema::Files& files = schema::no_files()) {
  static const std::vector<std::string> kArchives{"compliance", "second"};
  Diagnostics diagnostics;
  std::vector<schema::Value> trees;
  for (std::size_t i = 0; i < texts.size(); ++i)
    trees.push_back(
        schema::parse(std::make_shared<const Source>(
                          Source{i == 0 ? "pams.toml" : "rules" + std::to_string(i) + ".toml", texts[i]}),
                      diagnostics));
  auto policy = rules::load_policy(trees, kArchives, files, diagnostics);
  return {std::move(policy), diagnostics.text(), diagnostics.errors()};
}

inline constexpr std::string_view kGateway = R"(
[organization]
accepted_domains = ["example.org", "*.example.org"]
[[trust.exchange_online]]
certificate = "mail.protection.outlook.com"
originator_org = ["example.onmicrosoft.com"]
[pams]
connector = "Zivver"
zivver_peers = ["203.0.113.7"]
[[outbound_connector]]
name = "Zivver"
smart_hosts = ["smtp.zivver.com:25"]
[[outbound_connector]]
name = "Partner"
smart_hosts = ["mx.partner.example"]
transport = "partner"
)";

inline constexpr std::string_view kFlagged = "zivver-relay: zivver-message-info\nSubject: a\n\nHello\n";
inline constexpr std::string_view kOrdinary = "Subject: a\n\nHello\n";

/// A [[transport_rule]] with these elements of `do`, and further lines of its own.
inline std::string rule(std::string_view name, std::string_view actions, std::string_view more = "") {
  return "[[transport_rule]]\nname = \"" + std::string(name) + "\"\n" + std::string(more) + "\ndo = [" +
         std::string(actions) + "]\n";
}

/// A gateway with these rules; what is wrong with them fails the test.
inline rules::Policy gateway(const std::string& rules) {
  auto loaded = load_texts({std::string(kGateway), rules});
  if (!loaded.policy) throw std::invalid_argument(loaded.text);
  return std::move(*loaded.policy);
}

inline rules::Plan evaluate(const rules::Policy& policy, std::string_view eml,
                            Envelope envelope = {"anna@example.org", {"piet@klant.example"}},
                            Client client = {"127.0.0.1", "", ""}) {
  using namespace std::chrono;
  const rules::EvaluationContext context{sys_days{year{2026} / 6 / 1}, [] { return false; }};
  return rules::evaluate(policy, parse_message(eml), std::move(envelope), std::move(client), "", context);
}

}  // namespace pams::test
