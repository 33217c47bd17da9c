/// Walks tests/golden/: each directory tells one story. rule.toml (its first comment lines may give
/// `sender:`, `recipients:` and `client:`), in.eml, and what must come of them: out.eml and plan.txt.
/// PAMS_UPDATE_GOLDEN=1 rewrites the latter two; review the difference.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "rules/base/text.hpp"
#include "tests/support/eml.hpp"
#include "tests/support/policy.hpp"

using namespace pams;
namespace fs = std::filesystem;

namespace {

const fs::path kGolden = fs::path(PAMS_TESTS_DIR) / "golden";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kGolden))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

/// The value of "# key: value" in the rule file.
std::string setting(const std::string& toml, const std::string& key, const std::string& otherwise) {
  const auto mark = "# " + key + ": ";
  const auto at = toml.find(mark);
  if (at == std::string::npos) return otherwise;
  const auto begin = at + mark.size();
  return toml.substr(begin, toml.find('\n', begin) - begin);
}

void tell_rule(const rules::RuleEvidence& rule, std::ostream& out) {
  out << "rule: " << rule.name << (rule.matched ? ": matched" : ": not matched");
  out << (rule.mode == rules::Mode::Enforce ? "" : " (audit)") << (rule.note ? ", " + *rule.note : "")
      << "\n";
  for (const auto& c : rule.conditions)
    out << "  " << (c.holds ? "+ " : "- ") << c.name << ": " << c.seen << "\n";
  for (const auto& a : rule.actions)
    out << "  " << (a.carried_out ? "do " : "not ") << a.name << ": " << a.outcome << "\n";
}

std::string told(const rules::Plan& plan) {
  std::ostringstream out;
  out << "class: " << to_string(plan.classification.value) << "\nverdict: " << to_string(plan.verdict)
      << "\n";
  if (!plan.reason.empty()) out << "reason: " << plan.reason << "\n";
  if (plan.reply.code != 250)
    out << "reply: " << plan.reply.code << " " << plan.reply.status << " " << plan.reply.text << "\n";
  for (const auto& rule : plan.rules) tell_rule(rule, out);
  for (const auto& note : plan.notes) out << "note: " << note << "\n";
  for (const auto& effect : describe(plan)) out << "effect: " << effect << "\n";
  return out.str();
}

/// Golden messages stand in the tree with LF; on the wire they have CRLF.
std::string with_lf(const std::string& wire) { return text::replace_all(wire, "\r\n", "\n"); }

rules::Plan decide(const fs::path& directory) {
  const auto toml = read(directory / "rule.toml");
  Envelope envelope{setting(toml, "sender", "anna@example.org"), {}};
  if (envelope.sender == "<>") envelope.sender.clear();
  const auto recipients = setting(toml, "recipients", "piet@klant.example");
  for (const auto one : text::split(recipients, ' ')) envelope.recipients.emplace_back(one);
  return test::evaluate(test::gateway(toml), read(directory / "in.eml"), std::move(envelope),
                        {setting(toml, "client", "127.0.0.1"), "", ""});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_DATA_TEST_CASE(every_story_ends_as_written, boost::unit_test::data::make(cases()), name) {
  const auto directory = kGolden / name;
  const auto plan = decide(directory);
  const auto leaves = plan.outgoing.headers.fields().empty() ? "" : with_lf(plan.outgoing.wire());
  if (std::getenv("PAMS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(directory / "out.eml", std::ios::binary) << leaves;
    std::ofstream(directory / "plan.txt", std::ios::binary) << told(plan);
  }
  BOOST_TEST(test::Bytes(leaves) == test::Bytes(read(directory / "out.eml")));
  BOOST_TEST(test::Bytes(told(plan)) == test::Bytes(read(directory / "plan.txt")));
}

BOOST_AUTO_TEST_SUITE_END()
