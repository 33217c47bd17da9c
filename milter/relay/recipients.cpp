#include "milter/relay/recipients.hpp"

#include <optional>
#include <unordered_map>

#include "milter/relay/lmtp_command.hpp"
#include "rules/base/text.hpp"
#include "rules/unicode/address.hpp"

namespace pams::milter::relay {
namespace {

using Place = std::optional<std::size_t>;
using Places = std::vector<std::size_t>;

/// The MTA writes addresses in its own way: fewer quotes, no trailing dot, another form of the domain. Local
/// parts may have a letter case. Blanks between the brackets are the client's alone.
std::string exact_key(std::string_view written) { return canonical_address(text::trim(written)); }

std::string loose_key(std::string_view written) { return address_key(text::trim(written)); }

/// The ORCPT that the client itself gave; "" when it gave none.
std::string clients_original(const seal::Contents::Recipient& recipient) {
  for (const auto word : text::split(recipient.parameters, ' '))
    if (text::istarts_with(word, "ORCPT=")) return original_recipient(word.substr(6));
  return "";
}

class Sealed {
 public:
  explicit Sealed(const std::vector<seal::Contents::Recipient>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      exact_.emplace(exact_key(all[i].address), i);
      loose_.emplace(loose_key(all[i].address), i);
      originals_.push_back(clients_original(all[i]));
      if (!originals_[i].empty()) by_original_[exact_key(originals_[i])].push_back(i);
    }
  }

  Places find(const CarrierRecipient& asked) const {
    const auto named = by_address(asked.address);
    if (asked.original.empty() || (named && is_original_of(*named, asked))) return all_of(named);
    // Rewritten by the MTA: the client's own word for it, which a list's members have in common.
    if (const auto before = by_address(asked.original); before && originals_[*before].empty())
      return {*before};
    if (const auto before = by_original_.find(exact_key(asked.original)); before != by_original_.end())
      return before->second;
    return all_of(named);
  }

 private:
  static Places all_of(Place place) { return place ? Places{*place} : Places{}; }
  Place by_address(const std::string& address) const {
    if (const auto found = exact_.find(exact_key(address)); found != exact_.end()) return found->second;
    const auto found = loose_.find(loose_key(address));
    return found == loose_.end() ? Place() : found->second;
  }
  /// Whether the MTA's ORCPT is what this recipient came with: the client's, or else its own address.
  bool is_original_of(std::size_t place, const CarrierRecipient& asked) const {
    const auto& own = originals_[place].empty() ? asked.address : originals_[place];
    return loose_key(own) == loose_key(asked.original);
  }

  std::unordered_map<std::string, std::size_t> exact_, loose_;
  std::unordered_map<std::string, Places> by_original_;
  std::vector<std::string> originals_;
};

}  // namespace

std::string dsn_parameters(const seal::Contents::Recipient& recipient, const CarrierRecipient& asked) {
  if (!recipient.parameters.empty()) return recipient.parameters;
  const bool is_own = loose_key(asked.original) == loose_key(recipient.address);
  std::vector<std::string> words;
  for (const auto word : text::split(asked.parameters, ' '))
    if (!word.empty() && !(is_own && text::istarts_with(word, "ORCPT="))) words.emplace_back(word);
  return text::join(words, " ");
}

std::vector<Places> match_recipients(const std::vector<CarrierRecipient>& asked,
                                     const std::vector<seal::Contents::Recipient>& sealed) {
  const Sealed places(sealed);
  std::vector<Places> out;
  out.reserve(asked.size());
  for (const auto& one : asked) out.push_back(places.find(one));
  return out;
}

}  // namespace pams::milter::relay
