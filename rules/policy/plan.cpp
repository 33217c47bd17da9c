#include "rules/policy/plan.hpp"

#include <stdexcept>

#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"

namespace pams::rules {
namespace {

std::string field(std::string_view name, const std::string& value) {
  const HeaderField whole{std::string(name), value};
  return text::printable(whole.name) + ": " + text::printable(whole.unfolded());
}

}  // namespace

std::string describe(const Effect& effect) {
  return std::visit(overloaded{
                        [](const ReturnHeadersOnly&) { return std::string("return-headers-only"); },
                        [](const ChangeHeader& e) {
                          const auto which = text::printable(e.name) + "[" + std::to_string(e.index) + "]";
                          return e.value ? "change-header " + which + " " + field(e.name, *e.value)
                                         : "delete-header " + which;
                        },
                        [](const AddHeader& e) { return "add-header " + field(e.name, e.value); },
                        [](const InsertHeader& e) { return "insert-header " + field(e.name, e.value); },
                        [](const ReplaceBody& e) {
                          return "replace-body " + std::to_string(e.body.view().size()) + " bytes";
                        },
                        [](const AddRecipient& e) { return "add-recipient " + text::printable(e.address); },
                    },
                    effect);
}

std::vector<std::string> describe(const Plan& plan) {
  std::vector<std::string> lines;
  for (const auto& store : plan.archives) lines.push_back("archive " + store);
  if (plan.route) lines.push_back("route-via " + *plan.route);
  for (const auto& effect : plan.effects) lines.push_back(describe(effect));
  return lines;
}

std::string_view to_string(Verdict value) {
  switch (value) {
    case Verdict::Accept:
      return "accept";
    case Verdict::Defer:
      return "defer";
    case Verdict::Reject:
      return "reject";
    case Verdict::Discard:
      return "discard";
    case Verdict::Quarantine:
      return "quarantine";
  }
  throw std::logic_error("a verdict without a name");
}

}  // namespace pams::rules
