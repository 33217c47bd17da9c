#include <sys/stat.h>

#include "milter/connector/postfix_settings.hpp"
#include "milter/doctor/route_rules.hpp"
#include "milter/smart_host/password.hpp"

namespace pams::milter::doctor {
namespace {

/// The password itself is told to nobody.
Finding run(const Examination& examination) {
  const auto& connector = examination.connector;
  if (connector.username.empty()) return ok("'" + connector.name + "' has no username");
  const auto password = read_password(connector);
  if (!password) return failed(password.error().what, "ls -l " + connector.password_file);
  const auto path = examination.mta.config_directory() + "/" + password_map(connector);
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0)
    return failed("others than root may read " + path, "chown root:root " + path + " && chmod 600 " + path);
  for (const auto& host : connector.smart_hosts) {
    const auto found = examination.mta.lookup("texthash:" + path, host.nexthop());
    if (!found) return unanswered(found.error());
    if (*found != connector.username + ":" + *password)
      return failed(
          path + " has not the username and password for " + host.nexthop() + " that the configuration names",
          kSetup);
  }
  return ok("Postfix logs in as '" + connector.username + "', with the password of " +
            connector.password_file);
}

}  // namespace

extern const Check smtp_auth;
const Check smtp_auth{
    "smtp_auth", "The smart host would refuse flagged mail, or others could read the password.", false, run};

}  // namespace pams::milter::doctor
