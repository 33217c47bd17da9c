/// Sender and recipients as conditions see them: the sender where the rule's sender_address_location says,
/// the recipients any or all. Pure; any thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "rules/conditions/condition.hpp"
#include "rules/schema/choices.hpp"

namespace pams::rules {

/// For a parameter that names one side of the organization's border: whether it is the inside.
inline constexpr auto kInsideOrganization =
    schema::choices<bool>({{"in_organization", true}, {"not_in_organization", false}});

using AddressTest = std::function<bool(std::string_view address)>;

/// Holds when any address of the sender passes. The null sender has no address, so nothing holds for it.
Finding any_sender(const Mail& mail, SenderAddressLocation location, const AddressTest& passes);

/// Holds when any recipient, or every one, passes; never without recipients.
Finding recipients(const Mail& mail, RecipientMatch match, const AddressTest& passes);

/// Whether the address lies in one of the domains or below it (Exchange 2026: example.org means
/// mail.example.org too; "*.example.org" only what is below).
bool in_domains(std::string_view address, const std::vector<std::string>& domains);

/// Addresses that are compared by address_key().
class AddressList {
 public:
  explicit AddressList(const std::vector<std::string>& written);
  bool has(std::string_view address) const;

 private:
  std::set<std::string, std::less<>> keys_;
};

/// A list with nothing in it would be a condition that never holds, which nobody means.
Status check_not_empty(const std::vector<std::string>& list);

}  // namespace pams::rules
