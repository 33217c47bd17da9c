#include "milter/hook/environment.hpp"

#include <algorithm>

#include "rules/base/text.hpp"

namespace pams::milter::hook {

Result<std::vector<std::string>> hook_environment(const Mail& mail, const std::string& queue_id) {
  const auto& envelope = mail.envelope();
  const auto breaks_line = [](const std::string& address) {
    return address.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
  };
  if (std::ranges::any_of(envelope.recipients, breaks_line) || breaks_line(envelope.sender))
    return fail(Failure::Misconfigured, "an address of the envelope holds a line break");
  return std::vector<std::string>{
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LC_ALL=C.UTF-8",
      "PAMS_SENDER=" + envelope.sender,
      "PAMS_RECIPIENTS=" + text::join(envelope.recipients, "\n"),
      "PAMS_QUEUE_ID=" + queue_id,
      "PAMS_CLIENT_ADDRESS=" + mail.client().address,
      "PAMS_AUTHENTICATED=" + mail.client().authenticated,
      std::string("PAMS_FLAGGED=") + (mail.is_flagged() ? "yes" : "no"),
  };
}

}  // namespace pams::milter::hook
