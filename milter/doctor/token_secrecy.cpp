// The token stands in three places: its own file (the check route_token), Postfix's tables, and each time it
// is used, Postfix's log. Who knows it can send mail of his own to the smart host, past rules and archive.
#include <sys/stat.h>

#include "milter/connector/postfix_settings.hpp"
#include "milter/doctor/route_rules.hpp"

namespace pams::milter::doctor {
namespace {

bool others_may_read(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (status.st_mode & 04U) != 0;
}

Finding run(const Examination& examination) {
  for (const auto* table : {kNetMap, kMarkerMap})
    if (const auto path = examination.mta.config_directory() + "/" + table; others_may_read(path))
      return failed("everybody may read " + path, "chmod 640 " + path);
  const auto& log = examination.config.settings.trace.mail_log;
  if (log != "journal" && others_may_read(log))
    return warn("everybody may read " + log + ", and Postfix writes the token there", "chmod 640 " + log);
  return ok("only those who must can read the token");
}

}  // namespace

extern const Check token_secrecy;
const Check token_secrecy{"token_secrecy",
                          "Whoever knows the token can send mail to the smart host past rules and archive.",
                          false, run};

}  // namespace pams::milter::doctor
