#include "milter/relay/recipients.hpp"

#include <unordered_map>

#include "milter/relay/lmtp_command.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::relay {
namespace {

using Place = std::optional<std::size_t>;

/// Domains have no letter case; local parts may have one.
std::string with_plain_domain(const std::string& address) {
  const auto at = address.rfind('@');
  return at == std::string::npos ? address : address.substr(0, at) + text::to_lower(address.substr(at));
}

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
      exact_.emplace(with_plain_domain(all[i].address), i);
      loose_.emplace(text::to_lower(all[i].address), i);
      originals_.push_back(clients_original(all[i]));
      if (originals_[i].empty()) continue;
      const auto [place, is_new] = by_original_.emplace(with_plain_domain(originals_[i]), i);
      if (!is_new) place->second = std::nullopt;  // two of them: the name tells nothing
    }
  }

  Place find(const CarrierRecipient& asked) const {
    const auto named = by_address(asked.address);
    if (asked.original.empty()) return named;
    if (named && is_original_of(*named, asked)) return named;
    // Rewritten by the MTA: the client's own word for it.
    if (const auto before = by_address(asked.original); before && originals_[*before].empty()) return before;
    if (const auto before = by_original_.find(with_plain_domain(asked.original));
        before != by_original_.end() && before->second)
      return before->second;
    return named;
  }

 private:
  Place by_address(const std::string& address) const {
    if (const auto found = exact_.find(with_plain_domain(address)); found != exact_.end())
      return found->second;
    const auto found = loose_.find(text::to_lower(address));
    return found == loose_.end() ? Place() : found->second;
  }
  /// Whether the MTA's ORCPT is what this recipient came with: the client's, or else its own address.
  bool is_original_of(std::size_t place, const CarrierRecipient& asked) const {
    const auto& own = originals_[place].empty() ? asked.address : originals_[place];
    return text::iequals(own, asked.original);
  }

  std::unordered_map<std::string, std::size_t> exact_, loose_;
  std::unordered_map<std::string, Place> by_original_;
  std::vector<std::string> originals_;
};

}  // namespace

std::string dsn_parameters(const seal::Contents::Recipient& recipient, const CarrierRecipient& asked) {
  if (!recipient.parameters.empty()) return recipient.parameters;
  const bool is_own = text::iequals(asked.original, recipient.address);
  std::vector<std::string> words;
  for (const auto word : text::split(asked.parameters, ' '))
    if (!word.empty() && !(is_own && text::istarts_with(word, "ORCPT="))) words.emplace_back(word);
  return text::join(words, " ");
}

std::vector<Place> match_recipients(const std::vector<CarrierRecipient>& asked,
                                    const std::vector<seal::Contents::Recipient>& sealed) {
  const Sealed places(sealed);
  std::vector<Place> out;
  out.reserve(asked.size());
  for (const auto& one : asked) out.push_back(places.find(one));
  return out;
}

}  // namespace pams::milter::relay
