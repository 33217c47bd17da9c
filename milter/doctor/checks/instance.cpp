// A Postfix that is not the one we looked at. Each instance has its own main.cf and master.cf; all may name
// the same milter socket, and the milter cannot see from which of them a message comes.
#include <algorithm>

#include "milter/doctor/checks/other_instances.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/mta/postfix/postfix.hpp"
#include "milter/mta/postfix/postfix_text.hpp"

namespace pams::milter::doctor {
namespace {

Result<bool> leads_here(const std::string& directory, const Listen& listen) {
  const auto found =
      mta::Postfix(directory).parameters({"smtpd_milters", "non_smtpd_milters", "queue_directory"}, {});
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
  for (const auto& directory : other_instances(ours)) {
    const auto here = leads_here(directory, examination.config.settings.listen);
    if (!here) continue;  // a directory that Postfix cannot read runs nowhere
    if (*here)
      return failed(
          "the Postfix of " + directory + " sends its mail to this milter too, and postfix_config is " + ours,
          "set [milter] postfix_config = \"" + directory +
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
