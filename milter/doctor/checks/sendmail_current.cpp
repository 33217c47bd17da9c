#include <utility>

#include "milter/base/file_stamp.hpp"
#include "milter/config/files.hpp"
#include "milter/doctor/checks/route_rules.hpp"
#include "milter/doctor/checks/sendmail_answers.hpp"
#include "milter/routing/sendmail_feature.hpp"

namespace pams::milter::doctor {
namespace {

std::pair<long, long> changed(const std::string& path) {
  const auto stamp = stamp_of(path);
  return {stamp.modified_seconds, stamp.modified_nanoseconds};
}

Finding run(const Examination& examination) {
  const auto& sendmail = *examination.sendmail;
  const auto feature = read_file(sendmail.feature());
  if (!feature) return unread(examination, sendmail.feature(), feature.error());
  if (*feature != routing::sendmail_feature(examination.config))
    return failed(sendmail.feature() + " is not what this configuration needs", kSendmailSetup);
  for (const auto& source : {sendmail.feature(), sendmail.mc()})
    if (changed(source) > changed(sendmail.cf()))
      return failed(sendmail.cf() + " is older than " + source,
                    "make -C " + sendmail.directory() + " && service sendmail restart");
  return ok(sendmail.cf() + " was made from what this configuration needs");
}

}  // namespace

extern constinit const Check sendmail_current{
    .id = "sendmail_current",
    .why = "Sendmail would route by rules that are not ours any more.",
    .guards_routing = true,
    .only = MtaKind::Sendmail,
    .run = run,
};

}  // namespace pams::milter::doctor
