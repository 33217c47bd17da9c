#include "rules/conditions/sender_and_recipients.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::rules {
namespace {

std::vector<std::string> senders(const Mail& mail, SenderAddressLocation location) {
  std::vector<std::string> addresses;
  if (location != SenderAddressLocation::Envelope) addresses = mail.from();
  if (location != SenderAddressLocation::Header && !mail.envelope().sender.empty())
    addresses.push_back(mail.envelope().sender);
  return addresses;
}

}  // namespace

Finding any_sender(const Mail& mail, SenderAddressLocation location, const AddressTest& passes) {
  const auto addresses = senders(mail, location);
  if (addresses.empty()) return {false, "no sender address"};
  const auto found = std::ranges::find_if(addresses, passes);
  return {found != addresses.end(), text::printable(found != addresses.end() ? *found : addresses.front())};
}

Finding recipients(const Mail& mail, RecipientMatch match, const AddressTest& passes) {
  const auto& all = mail.envelope().recipients;
  if (all.empty()) return {false, "no recipients"};
  const bool wanted = match == RecipientMatch::Any;
  // Any: the first that passes decides. All: the first that does not.
  const auto decisive =
      std::ranges::find_if(all, [&](const auto& address) { return passes(address) == wanted; });
  const auto& seen = decisive != all.end() ? *decisive : all.front();
  return {(decisive != all.end()) == wanted, text::printable(seen)};
}

bool in_domains(std::string_view address, const std::vector<std::string>& domains) {
  const auto domain = domain_of(address);
  return !domain.empty() && std::ranges::any_of(domains, [&](const std::string& pattern) {
    return domain_matches(domain, pattern) ||
           (!pattern.starts_with("*.") && domain_matches(domain, "*." + pattern));
  });
}

AddressList::AddressList(const std::vector<std::string>& written) {
  for (const auto& address : written) keys_.insert(address_key(address));
}

bool AddressList::has(std::string_view address) const { return keys_.contains(address_key(address)); }

Status check_not_empty(const std::vector<std::string>& list) {
  if (!list.empty()) return {};
  return fail(Failure::Misconfigured, "the list is empty: the condition would never hold");
}

}  // namespace pams::rules
