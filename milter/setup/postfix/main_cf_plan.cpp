#include "milter/setup/postfix/main_cf_plan.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "milter/base/parse_number.hpp"
#include "milter/mta/postfix/known_milters.hpp"
#include "milter/mta/postfix/postfix_services.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::setup {
namespace {

std::string at(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

std::uint64_t number(const std::string& text) { return leading_number<std::uint64_t>(text).value_or(0); }

/// `$name` or `${name}`
bool is_macro(const std::string& element, const std::string& name) {
  return element == "$" + name || element == "${" + name + "}";
}

/// One of our tables, of whatever type.
bool is_table(const std::string& element, const Site& site, const char* name) {
  return element.ends_with(":" + site.config_directory + "/" + name);
}

bool is_our_milter(const std::string& element, const Config& config, const Site& site) {
  const auto address = mta::parse_milter(element).address;
  const auto& listen = config.settings.listen;
  return mta::leads_to(address, listen, site.queue_directory, true) ||
         mta::leads_to(address, listen, site.queue_directory, false);
}

class MainPlan {
 public:
  MainPlan(const Config& config, const std::string& address, const Site& site, SetupPlan& plan)
      : config_(config), address_(address), site_(site), plan_(plan) {}

  void plan_milters() {
    want_if("milter_protocol", at(site_.effective, "milter_protocol") != "6", "6",
            "the protocol version that pams-milter speaks");
    want_if("milter_default_action", at(site_.effective, "milter_default_action") != "tempfail", "tempfail",
            "a milter that is down must not let mail pass");
    note_rspamd();
    want("smtpd_milters", milters("smtpd_milters"),
         "mail that comes in by SMTP passes pams-milter, after scanners and before signers");
    want("non_smtpd_milters", milters("non_smtpd_milters"), "mail from sendmail(1) passes it too");
  }

  void plan_tables() {
    const auto maps = routing::map_prefix(site_.map_types, site_.config_directory);
    want("milter_header_checks", with_table("milter_header_checks", routing::kSealedTable, maps),
         "what the milter sealed goes to its connector's transport");
    want("header_checks", with_table("header_checks", routing::kGuardTable, maps),
         "the guard rules: flagged mail that no milter saw waits, requeued mail finds its way");
    for (const auto* name : {"smtp_header_checks", "lmtp_header_checks"})
      want(name, with_last_guard_rule(name, maps),
           "the last guard rule: whatever else fails, flagged mail leaves by its connector only");
    for (const auto* name : {"mime_header_checks", "nested_header_checks"})
      want(name, without_guard_rules(name),
           "it would inherit the guard rules, and catch attached messages that carry the header");
  }

  void plan_recipients() {
    want_if("enable_original_recipient", at(site_.effective, "enable_original_recipient") == "no", "yes",
            "two recipients that an alias makes one both reach the relay");
  }

  void plan_limits() {
    want_if("bounce_size_limit", at(site_.effective, "bounce_size_limit") != routing::kBounceSize,
            routing::kBounceSize, "notices say what happened to a message and never carry its text");
    for (const auto& connector : config_.policy.connectors) {
      const auto name = connector.transport + "_destination_recipient_limit";
      const auto needed = routing::needed_recipient_limit(config_.policy);
      want_if(name, number(at(site_.effective, name)) < needed, std::to_string(needed),
              "one transaction at the smart host for all recipients");
    }
    const auto needed = routing::needed_message_size(config_.policy);
    auto size = number(at(site_.effective, "message_size_limit"));
    const bool too_small = size != 0 && size < needed;
    if (too_small) size = needed;
    want_if("message_size_limit", too_small, std::to_string(size),
            "the connector's largest message as a carrier, which is longer");
    for (const auto* name : {"mailbox_size_limit", "virtual_mailbox_limit"}) {
      const auto limit = number(at(site_.effective, name));
      want_if(name, limit != 0 && limit < size, std::to_string(size),
              "local delivery stops when it is below message_size_limit");
    }
  }

 private:
  void want(const std::string& name, const std::vector<std::string>& elements, const std::string& why) {
    const auto now = at(site_.written, name);
    want_if(name, mta::split_list(now) != elements, text::join(elements, ", "), why);
  }
  void want_if(const std::string& name, bool differs, const std::string& value, const std::string& why) {
    if (differs) plan_.changes.push_back({ChangeKind::Parameter, name, at(site_.written, name), value, why});
  }

  /// It is a scanner, and a signer where it has keys: no place in the list is right for both.
  void note_rspamd() {
    for (const auto& element : mta::split_list(at(site_.written, "smtpd_milters")))
      if (mta::is_rspamd(element))
        plan_.notes.push_back(
            "rspamd stands before pams-milter, to see flagged mail before it is sealed; where it signs (dkim_signing, arc), what a disclaimer changes afterwards breaks the signature: let OpenDKIM sign, after pams-milter");
  }

  /// An entry of ours that is already as it must be; a site may have chosen other timeouts.
  bool is_good(const std::string& element) const {
    const auto entry = mta::parse_milter(element);
    const auto action = entry.options.find("default_action");
    return entry.address == address_ && action != entry.options.end() && action->second == "tempfail";
  }

  /// Scanners see a message before it is sealed, signers after the disclaimer.
  bool is_in_order(const std::vector<std::string>& elements) const {
    const auto ours =
        std::ranges::find_if(elements, [&](const std::string& element) { return is_good(element); });
    return ours != elements.end() && std::none_of(elements.begin(), ours, mta::is_signer) &&
           std::none_of(std::next(ours), elements.end(), mta::is_scanner);
  }

  std::vector<std::string> milters(const std::string& name) const {
    const auto now = mta::split_list(at(site_.written, name));
    if (is_in_order(mta::split_list(at(site_.effective, name)))) return now;
    bool shares = false;
    std::vector<std::string> before, after;
    for (const auto& element : now)
      if (is_macro(element, "smtpd_milters"))
        shares = true;
      else if (!is_our_milter(element, config_, site_))
        (mta::is_scanner(element) ? before : after).push_back(element);
    before.push_back(shares ? "$smtpd_milters" : routing::milter_entry(address_));
    before.insert(before.end(), after.begin(), after.end());
    return before;
  }

  std::vector<std::string> with_table(const std::string& name, const char* table,
                                      const std::string& maps) const {
    std::vector<std::string> wanted{maps + table};
    for (const auto& element : mta::split_list(at(site_.written, name)))
      if (!is_table(element, site_, table)) wanted.push_back(element);
    return wanted;
  }

  std::vector<std::string> with_last_guard_rule(const std::string& name, const std::string& maps) const {
    std::vector<std::string> wanted;
    if (routing::has_smtp_guard_rule(config_)) wanted.push_back(routing::smtp_guard_rule(maps));
    for (const auto& element : mta::split_list(at(site_.written, name)))
      if (!routing::is_smtp_guard_rule(element)) wanted.push_back(element);
    return wanted;
  }

  std::vector<std::string> without_guard_rules(const std::string& name) const {
    std::vector<std::string> wanted;
    for (const auto& element : mta::split_list(at(site_.written, name))) {
      if (is_table(element, site_, routing::kGuardTable)) continue;
      const auto former =
          is_macro(element, "header_checks") ? site_header_tables(site_) : std::vector<std::string>{element};
      wanted.insert(wanted.end(), former.begin(), former.end());
    }
    return wanted;
  }

  const Config& config_;
  const std::string& address_;
  const Site& site_;
  SetupPlan& plan_;
};

}  // namespace

std::vector<std::string> site_header_tables(const Site& site) {
  auto tables = mta::split_list(at(site.written, "header_checks"));
  std::erase_if(tables,
                [&](const std::string& element) { return is_table(element, site, routing::kGuardTable); });
  return tables;
}

std::string milter_address(const Config& config, const Site& site, std::vector<std::string>& problems) {
  const auto& listen = config.settings.listen;
  const auto chrooted = std::ranges::find_if(site.services, [&](const mta::Service& service) {
    return (service.command == "smtpd" || service.command == "cleanup") &&
           (service.chroot == "y" || (service.chroot == "-" && site.dash_means_chroot));
  });
  if (listen.unix_path.empty() || chrooted == site.services.end()) return listen.for_postfix();
  const auto below =
      std::filesystem::path(listen.unix_path).lexically_relative(site.queue_directory).string();
  // A relative path leads to the same socket with and without a chroot.
  if (!below.empty() && !below.starts_with("..")) return "unix:" + below;
  problems.push_back(chrooted->key() + " runs chrooted in " + site.queue_directory + " and cannot reach " +
                     listen.unix_path + "; set [milter] listen = \"unix:" + site.queue_directory +
                     "/pams-milter/pams.sock\"");
  return listen.for_postfix();
}

void plan_main(const Config& config, const std::string& address, const Site& site, SetupPlan& plan) {
  MainPlan main(config, address, site, plan);
  main.plan_milters();
  main.plan_tables();
  main.plan_recipients();
  main.plan_limits();
}

}  // namespace pams::milter::setup
