#include "milter/ctl/queue/sendmail_queue.hpp"

#include "milter/mta/postfix/queued_mail.hpp"
#include "milter/mta/sendmail/sendmail_queue.hpp"
#include "milter/routing/route.hpp"
#include "milter/seal/carrier.hpp"

namespace pams::milter::ctl {
namespace {

/// "bob@client.example.pams.pams-route.invalid" -> "bob@client.example"
std::string without_route(const std::string& address) {
  const auto domain = std::string(".") + routing::kRouteDomain;
  if (!address.ends_with(domain)) return address;
  return address.substr(0, address.rfind('.', address.size() - domain.size() - 1));
}

}  // namespace

Result<mta::FlaggedQueue> SendmailQueue::list() const {
  auto entries = mta::read_queue(sendmail_);
  if (!entries) return tl::unexpected(entries.error());
  mta::FlaggedQueue out;
  for (auto& [message, header] : *entries) {
    for (auto& recipient : message.recipients) recipient = without_route(recipient);
    if (mta::has_field(header, flag_))
      out.unsealed.push_back(std::move(message));
    else if (mta::has_field(header, seal::kSealedHeader))
      out.sealed.push_back(std::move(message));
  }
  return out;
}

Status SendmailQueue::release(const std::string& id) const {
  return fail(
      Failure::Refused,
      "it is flagged and not sealed, which the milter's F=T never lets happen, and Sendmail cannot bring it back through the milter; keep it from leaving: sendmail -qI" +
          id + " -Qflagged");
}

Status SendmailQueue::send_now(const mta::QueuedMessage& message) const {
  if (message.state() == mta::QueuedMessage::State::OnHold)
    if (const auto released = sendmail_.end_quarantine(message.id); !released) return released;
  return sendmail_.run_queue(message.id);
}

}  // namespace pams::milter::ctl
