// A milter after ours sees the carrier of a flagged message and nothing else, so a scanner there passes what
// it cannot read. A signer in front of ours signs what disclaimers then change.
#include <algorithm>
#include <iterator>

#include "milter/doctor/checks/listeners.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/known_milters.hpp"
#include "milter/mta/postfix/postfix_text.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

using mta::is_scanner;
using mta::is_signer;

/// A listener's list as it is, cut at our entry.
struct Order {
  std::vector<std::string> before, after;
  std::string own;
};

Order order_of(const MailListener& listener, const OurEntry& ours) {
  auto elements = mta::split_list(listener.milters());
  const auto at = elements.begin() + static_cast<std::ptrdiff_t>(ours.position);
  return {{elements.begin(), at}, {std::next(at), elements.end()}, *at};
}

void move_some(std::vector<std::string>& to, const std::vector<std::string>& from,
               bool (*wanted)(std::string_view), bool is_wanted) {
  std::ranges::copy_if(from, std::back_inserter(to),
                       [&](const std::string& element) { return wanted(element) == is_wanted; });
}

/// The listener's list as it should be, as a command. postconf -P takes no blanks in a value.
std::string remedy_for(const mta::PostfixServices& services, const MailListener& listener,
                       const Order& order) {
  std::vector<std::string> elements;
  move_some(elements, order.before, is_signer, false);
  move_some(elements, order.after, is_scanner, true);
  elements.push_back(order.own);
  move_some(elements, order.before, is_signer, true);
  move_some(elements, order.after, is_scanner, false);
  if (!services.overrides(*listener.scope, listener.parameter))
    return "postconf -e '" + listener.parameter + "=" + text::join(elements, ", ") + "' && postfix reload";
  auto list = text::join(elements, ",");
  std::erase_if(list, [](char c) { return c == ' '; });
  return "postconf -P '" + listener.scope->key() + "/" + listener.parameter + "=" + list +
         "' && postfix reload";
}

Finding examine(const Examination& examination, const mta::PostfixServices& services,
                const MailListener& listener) {
  const auto ours = our_entry(examination, services, listener);
  if (!ours) return ok("");
  const auto order = order_of(listener, *ours);
  std::vector<std::string> wrong;
  for (const auto& element : order.before)
    if (is_signer(element))
      wrong.push_back("in front of pams-milter stands " + mta::parse_milter(element).address +
                      ", which signs what pams-milter then changes");
  for (const auto& element : order.after)
    if (is_scanner(element))
      wrong.push_back("after pams-milter stands " + mta::parse_milter(element).address +
                      ", which cannot look into flagged mail there: it is sealed");
  if (wrong.empty()) return ok("");
  return warn(text::join(wrong, ", and "), remedy_for(services, listener, order));
}

Finding run(const Examination& examination) {
  return examine_listeners(examination, examine, "no signer before pams-milter, no scanner after it");
}

}  // namespace

extern constinit const Check milter_order{
    .id = "milter_order",
    .why = "Scanners see flagged mail before pams-milter only; a signature made before it breaks.",
    .run = run,
};

}  // namespace pams::milter::doctor
