// A Postfix that is not the one we looked at. Each instance has its own main.cf and master.cf; all may name
// the same milter socket, and the milter cannot see from which of them a message comes.
#include <algorithm>

#include "milter/doctor/checks/other_instances.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/mta/postfix/postfix_text.hpp"

namespace pams::milter::doctor {
namespace {

Result<bool> leads_here(const std::string& folder, const Listen& listen) {
  const auto found =
      mta::Postfix(folder).parameters({"smtpd_milters", "non_smtpd_milters", "queue_directory"}, {});
  if (!found) return tl::unexpected(found.error());
  const auto value = [&](const std::string& name) {
    const auto at = found->find(name);
    return at == found->end() ? std::string() : at->second;
  };
  const auto reaches = [&](const std::string& element) {
    const auto address = mta::parse_milter(element).address;
    return mta::leads_to(address, listen, value("queue_directory"), true) ||
           mta::leads_to(address, listen, value("queue_directory"), false);
  };
  return std::ranges::any_of(mta::split_list(value("smtpd_milters") + "," + value("non_smtpd_milters")),
                             reaches);
}

Finding run(const Examination& examination) {
  const auto& ours = examination.mta.config_directory();
  for (const auto& folder : other_instances(ours)) {
    const auto here = leads_here(folder, examination.config.settings.listen);
    if (!here) continue;  // a folder that Postfix cannot read runs nowhere
    if (*here)
      return failed(
          "the Postfix of " + folder + " sends its mail to this milter too, and postfix_config is " + ours,
          "set [milter] postfix_config = \"" + folder +
              "\", or give that instance a pams-milter with a configuration and a socket of its own");
  }
  return ok("no other Postfix than that of " + ours + " sends its mail here");
}

}  // namespace

extern constinit const Check instance{
    .id = "instance",
    .why = "What is sealed for an instance whose settings nobody checked would reach people, unread.",
    .guards_routing = true,
    .run = run,
};

}  // namespace pams::milter::doctor
