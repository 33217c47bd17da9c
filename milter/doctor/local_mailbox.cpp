#include "milter/doctor/local_mailbox.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "milter/connector/gateway.hpp"
#include "milter/connector/postfix.hpp"
#include "milter/doctor/remembered_mta.hpp"
#include "rules/base/text.hpp"
#include "rules/message/envelope.hpp"

namespace pams::milter::doctor {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience{30};
constexpr seconds kRetryFailing{5};
constexpr seconds kBelieveServers{60};

tl::unexpected<Error> elsewhere(const std::string& address, const std::string& seen) {
  return fail(Failure::Misconfigured,
              "a report of flagged mail for " + address + " would not stay on this machine: " + seen);
}

/// Whether a match list (mydestination, virtual_mailbox_domains) names the domain.
Result<bool> lists(const Mta& mta, const std::string& list, const std::string& domain) {
  for (const auto& element : split_list(list)) {
    if (text::iequals(element, domain)) return true;
    if (element.starts_with('!') || element.starts_with('/')) return false;  // not understood
    if (element.find(':') == std::string::npos) continue;
    const auto found = mta.lookup(element, domain);
    if (!found) return tl::unexpected(found.error());
    if (*found) return true;
  }
  return false;
}

/// The first answer of a list of tables to any of the keys.
Result<std::optional<std::string>> first_of(const Mta& mta, const std::string& maps,
                                            const std::vector<std::string>& keys) {
  for (const auto& key : keys)
    for (const auto& map : split_list(maps)) {
      auto found = mta.lookup(map, key);
      if (!found || *found) return found;
    }
  return std::nullopt;
}

/// transport(5): the address, the domain, ".parent" and "parent" of each domain above, "*".
std::vector<std::string> transport_keys(const std::string& address, const std::string& domain) {
  std::vector<std::string> keys{address, domain};
  for (auto dot = domain.find('.'); dot != std::string::npos; dot = domain.find('.', dot + 1)) {
    keys.push_back(domain.substr(dot));
    keys.push_back(domain.substr(dot + 1));
  }
  keys.emplace_back("*");
  return keys;
}

/// "" when transport:nexthop stays here: local(8), virtual(8), or lmtp(8) to a socket of this machine.
Result<std::string> leaves_by(const Gateway& gateway, const std::string& transport) {
  const auto name = transport.substr(0, transport.find(':'));
  const auto nexthop = name.size() == transport.size() ? "" : transport.substr(name.size() + 1);
  const auto* service = gateway.find(name, "unix");
  if (service == nullptr) return "master.cf has no transport '" + name + "'";
  if (service->command == "virtual") return "";
  if (service->command == "lmtp" && nexthop.starts_with("unix:")) return "";
  if (service->command != "local") return "its transport is " + transport + " (" + service->command + ")";
  const auto values = gateway.values(*service, {"mailbox_transport", "mailbox_transport_maps"});
  if (!values) return tl::unexpected(values.error());
  if (!values->at("mailbox_transport_maps").empty()) return "local(8) has mailbox_transport_maps";
  const auto& mailbox = values->at("mailbox_transport");
  if (mailbox.empty() || mailbox.starts_with("virtual") || mailbox.starts_with("lmtp:unix:")) return "";
  return "mailbox_transport is " + mailbox;
}

Result<std::string> transport_of(const Mta& mta, const Parameters& main, const std::string& address,
                                 const std::string& domain) {
  const auto value = [&](const char* name) {
    const auto found = main.find(name);
    return found == main.end() ? std::string() : found->second;
  };
  const auto mapped = first_of(mta, value("transport_maps"), transport_keys(address, domain));
  if (!mapped) return tl::unexpected(mapped.error());
  if (*mapped && !(*mapped)->starts_with(':') && !(*mapped)->empty()) return **mapped;
  const auto is_local = lists(mta, value("mydestination"), domain);
  if (!is_local) return tl::unexpected(is_local.error());
  if (*is_local) return value("local_transport");
  const auto is_virtual = lists(mta, value("virtual_mailbox_domains"), domain);
  if (!is_virtual) return tl::unexpected(is_virtual.error());
  return *is_virtual ? value("virtual_transport") : "";
}

class LocalMailboxes final : public LocalDelivery {
 public:
  explicit LocalMailboxes(const std::string& postfix_config) : postfix_(postfix_config) {}

  Status verified(const std::string& address) override {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(address);
    if (known != known_.end() && still_holds(known->second)) return known->second.status;
    const RememberedMta remembered(postfix_, kPatience, steady_clock::now);
    auto status = is_local_mailbox(remembered, address);
    Known now{std::move(status), remembered.files(), remembered.asked_beyond_files(), steady_clock::now()};
    return known_.insert_or_assign(address, std::move(now)).first->second.status;
  }

 private:
  struct Known {
    Status status;
    std::vector<FileStamp> files;
    bool beyond_files;
    steady_clock::time_point at;
  };
  static bool still_holds(const Known& known) {
    const auto age = steady_clock::now() - known.at;
    if (!known.status) return age < kRetryFailing;
    if (known.beyond_files && age >= kBelieveServers) return false;
    return std::ranges::all_of(known.files,
                               [](const FileStamp& stamp) { return stamp == stamp_of(stamp.path); });
  }

  const Postfix postfix_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace

Status is_local_mailbox(const Mta& mta, const std::string& written) {
  const auto address = text::to_lower(written);
  const auto domain = domain_of(address);
  const auto gateway = Gateway::read(mta);
  if (!gateway) return tl::unexpected(gateway.error());
  const auto main = mta.parameters({"transport_maps", "mydestination", "local_transport",
                                    "virtual_mailbox_domains", "virtual_transport", "virtual_alias_maps"},
                                   {});
  if (!main) return tl::unexpected(main.error());
  const auto aliases = main->find("virtual_alias_maps");
  const auto alias = first_of(mta, aliases == main->end() ? "" : aliases->second, {address, "@" + domain});
  if (!alias) return tl::unexpected(alias.error());
  if (*alias && !text::iequals(**alias, address)) return elsewhere(address, "it is an alias of " + **alias);
  const auto transport = transport_of(mta, *main, address, domain);
  if (!transport) return tl::unexpected(transport.error());
  if (transport->empty())
    return elsewhere(address, domain + " is neither in mydestination nor in virtual_mailbox_domains");
  const auto seen = leaves_by(*gateway, *transport);
  if (!seen) return tl::unexpected(seen.error());
  if (!seen->empty()) return elsewhere(address, *seen);
  return {};
}

std::shared_ptr<LocalDelivery> make_local_delivery(const std::shared_ptr<const Config>& config) {
  return std::make_shared<LocalMailboxes>(config->settings.postfix_config);
}

}  // namespace pams::milter::doctor
