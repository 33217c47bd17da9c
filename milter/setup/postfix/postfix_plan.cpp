#include "milter/setup/postfix/postfix_plan.hpp"

#include <algorithm>

#include "milter/routing/journal_listener.hpp"
#include "milter/routing/postfix_settings.hpp"
#include "milter/routing/route.hpp"
#include "milter/setup/postfix/main_cf_plan.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::setup {
namespace {

constexpr const char* kBanner = "# Written by `pamsctl setup postfix`; it would be overwritten.\n";

const mta::Service* find_service(const Site& site, const std::string& key) {
  const auto at =
      std::ranges::find_if(site.services, [&](const mta::Service& service) { return service.key() == key; });
  return at == site.services.end() ? nullptr : &*at;
}

std::vector<routing::TransportSetting> own_settings(const Site& site, const std::string& key) {
  std::vector<routing::TransportSetting> out;
  for (const auto& own : site.service_parameters)
    if (own.service == key) out.push_back({own.name, own.value, false, ""});
  return out;
}

/// A service's columns and program with its `-o`, as postconf -M takes it.
std::string service_line(const std::string& columns, const std::vector<routing::TransportSetting>& settings) {
  std::string line = columns;
  for (const auto& [name, value, demanded, why] : settings) {
    const bool braces = value.find_first_of(" \t") != std::string::npos;
    line += braces ? " -o {" + name + "=" + value + "}" : " -o " + name + "=" + value;
  }
  return line;
}

class ServicesPlan {
 public:
  ServicesPlan(const Config& config, const Site& site, SetupPlan& plan)
      : config_(config), site_(site), plan_(plan) {}

  void plan_transports() {
    for (const auto& connector : config_.policy.connectors) plan_transport(connector);
  }

  void plan_retry() {
    const auto* retry = find_service(site_, "retry/unix");
    if (retry == nullptr)
      change(ChangeKind::Service, "retry/unix", "", "retry unix - - n - - error",
             "where the guard rules hold mail");
    else if (retry->command != "error")
      plan_.problems.push_back("retry/unix runs " + retry->command + " instead of Postfix's error program");
  }

  void plan_listeners(const std::vector<std::string>& outbound) {
    for (const auto& wanted : outbound)
      if (std::ranges::none_of(site_.services,
                               [&](const mta::Service& service) { return is_named(service, wanted); }))
        plan_.problems.push_back("master.cf has no listener '" + wanted + "' for --outbound");
    bool any_inbound = false;
    for (const auto& service : site_.services)
      if ((service.command == "smtpd" || service.command == "qmqpd") &&
          !routing::is_journal_listener(config_, service))
        any_inbound = plan_listener(service, outbound) || any_inbound;
    if (any_inbound) plan_inbound_cleanup();
  }

  void plan_journal_listener() {
    const auto& journal = config_.policy.journal;
    if (journal.rules.empty()) return;
    const auto key = journal.submit_to + "/inet";
    const auto* service = find_service(site_, key);
    if (service != nullptr && service->command != "smtpd")
      return plan_.problems.push_back(key + " exists and runs " + service->command +
                                      "; give [journal] submit_to another port");
    const auto wanted = routing::journal_listener_settings();
    auto now = own_settings(site_, key);
    // Its cleanup must have the guard rules, and none of its options may switch them off.
    const bool has_others = now.size() != wanted.size();
    const bool good =
        service != nullptr && !has_others && std::ranges::all_of(wanted, [&](const auto& setting) {
          return std::ranges::any_of(now, [&](const auto& own) {
            return own.name == setting.name && mta::split_list(own.value) == mta::split_list(setting.value);
          });
        });
    if (!good)
      change(ChangeKind::Service, key, service == nullptr ? "" : service->line,
             service_line(journal.submit_to + " inet n - n - - smtpd", wanted),
             "journal reports: from this machine, without milters, with the guard rules");
  }

 private:
  std::string maps() const { return routing::map_prefix(site_.map_types, site_.config_directory); }

  static bool is_named(const mta::Service& service, const std::string& wanted) {
    const bool listens =
        service.command == "smtpd" || service.command == "pickup" || service.command == "qmqpd";
    return listens && (service.name == wanted || service.key() == wanted);
  }

  void plan_transport(const rules::OutboundConnector& connector) {
    const auto key = connector.transport + "/unix";
    const auto* service = find_service(site_, key);
    if (connector.transport == "smtp" || connector.transport == "relay") {
      plan_.problems.push_back(key + " is Postfix's own and carries ordinary mail; give connector '" +
                               connector.name + "' another transport");
      return;
    }
    // Before messages were sealed the transport was an smtp client.
    const bool is_former = service != nullptr && service->command == "smtp";
    if (service != nullptr && service->command != "lmtp" && !is_former) {
      plan_.problems.push_back(key + " exists and runs " + service->command + "; give connector '" +
                               connector.name + "' another transport");
      return;
    }
    const bool enforces = site_.effective.contains("lmtp_bind_address_enforce");
    const auto reach = routing::reach_of(config_.settings.relay.listen, enforces);
    if (is_former && reach != routing::Reach::SocketOnly)
      plan_.problems.push_back(
          key +
          " sends mail to the smart host unsealed, and what is queued that way could reach another port of this machine: this step needs [relay] listen = \"unix:…\" and Postfix 3.7");
    plan_.upgrades = plan_.upgrades || is_former;
    auto wanted = routing::transport_settings(connector, reach, maps());
    // Postfix before 3.7 warns of what it does not know.
    if (!enforces)
      std::erase_if(wanted, [](const auto& setting) { return setting.name == "lmtp_bind_address_enforce"; });
    auto now = own_settings(site_, key);
    std::erase_if(
        now, [](const auto& own) { return own.name.starts_with("smtp_") || own.name.starts_with("tls_"); });
    auto merged = wanted;
    for (const auto& own : now)
      if (std::ranges::none_of(wanted, [&](const auto& setting) { return setting.name == own.name; }))
        merged.push_back(own);
    const auto processes = processes_of(service);
    const bool good =
        service != nullptr && !is_former && service->chroot == "n" && service->process_limit == processes &&
        std::ranges::all_of(wanted, [&](const auto& setting) {
          return std::ranges::any_of(
              now, [&](const auto& own) { return own.name == setting.name && own.value == setting.value; });
        });
    if (!good)
      change(ChangeKind::Service, key, service == nullptr ? "" : service->line,
             service_line(connector.transport + " unix - - n - " + processes + " lmtp", merged),
             "connector '" + connector.name + "': carriers go to pams-relay, unedited, and nowhere else");
  }

  /// The transport's process limit; a site may have a lower one.
  std::string processes_of(const mta::Service* service) const {
    const std::string now = service == nullptr ? "-" : service->process_limit;
    const auto inherited = site_.effective.find("default_process_limit");
    const auto limit =
        routing::process_limit(now, inherited == site_.effective.end() ? "100" : inherited->second);
    const auto most = routing::transport_processes(config_);
    return limit == 0 || limit > most ? std::to_string(most) : now;
  }

  /// True when the listener goes without the guard rules.
  bool plan_listener(const mta::Service& service, const std::vector<std::string>& outbound) {
    const auto own = own_settings(site_, service.key());
    const auto at = std::ranges::find(own, "cleanup_service_name", &routing::TransportSetting::name);
    const auto now = at == own.end() ? site_.effective.at("cleanup_service_name") : at->value;
    const bool was_inbound = now == kInboundCleanup;
    const bool is_inbound =
        outbound.empty()
            ? was_inbound
            : std::ranges::none_of(outbound, [&](const auto& wanted) { return is_named(service, wanted); });
    const auto setting = service.key() + "/cleanup_service_name";
    if (is_inbound && !was_inbound)
      change(
          ChangeKind::ServiceParameter, setting, now, kInboundCleanup,
          "inbound: mail that happens to carry the header is delivered without it, not held by the guard rules");
    if (!is_inbound && was_inbound)
      change(ChangeKind::ServiceParameter, setting, now, site_.effective.at("cleanup_service_name"),
             "outbound: flagged mail that no milter saw must be held by the guard rules");
    return is_inbound;
  }

  void plan_inbound_cleanup() {
    const auto name = site_.effective.at("cleanup_service_name");
    const auto* cleanup = find_service(site_, name + "/unix");
    if (cleanup == nullptr) {
      plan_.problems.push_back("master.cf has no " + name + "/unix service");
      return;
    }
    auto settings = own_settings(site_, cleanup->key());
    std::erase_if(settings, [](const auto& setting) { return setting.name == "header_checks"; });
    settings.push_back({"header_checks", text::join(site_header_tables(site_), ","), false, ""});
    const auto wanted = service_line(
        std::string(kInboundCleanup) + " unix n - " + cleanup->chroot + " - 0 cleanup", settings);
    const auto* now = find_service(site_, std::string(kInboundCleanup) + "/unix");
    const auto words = [](const std::string& line) { return mta::split_list(line); };
    if (now == nullptr || words(now->line) != words(wanted))
      change(ChangeKind::Service, std::string(kInboundCleanup) + "/unix", now == nullptr ? "" : now->line,
             wanted,
             "the cleanup of inbound listeners: the site's own header_checks without the guard rules");
  }

  void change(ChangeKind kind, std::string setting, std::string from, std::string to, std::string why) {
    plan_.changes.push_back({kind, std::move(setting), std::move(from), std::move(to), std::move(why)});
  }

  const Config& config_;
  const Site& site_;
  SetupPlan& plan_;
};

void plan_tables(const Config& config, const Site& site, SetupPlan& plan) {
  const auto relay = routing::relay_address(config.settings.relay.listen, site.queue_directory);
  if (relay.find_first_of(", \t") != std::string::npos)
    plan.problems.push_back("Postfix cannot name the relay's socket " + relay +
                            ": set [relay] listen to a path without blanks and commas");
  const auto rules = routing::sealed_rules(config, relay);
  const auto flag = "/^" + mta::regex_escaped(config.policy.pams.header) + "[[:space:]]*:/ ";
  std::vector<std::pair<const char*, std::pair<std::string, std::string>>> tables{
      {routing::kSealedTable, {rules, "what the milter sealed goes to pams-relay"}},
      {routing::kGuardTable,
       {"# 1: postsuper -r runs no milter and forgets the route\n" + rules +
            "# 2: flagged mail that no milter took charge of waits in the queue\n" + flag +
            routing::kGuardAction + "\n",
        "the guard rules: flagged mail that was not sealed waits"}},
      {routing::kStatusTable,
       {routing::status_rules(), "flagged mail is not given back for what Postfix says of the next hop"}},
  };
  if (routing::has_smtp_guard_rule(config))
    tables.emplace_back(routing::kSmtpGuardTable,
                        std::pair{"# the client stops here: the next table fails\n" + flag + "flagged\n",
                                  "the last guard rule: flagged mail leaves by its connector only"});
  for (const auto& [name, table] : tables) {
    const auto path = site.config_directory + "/" + name;
    const auto now = site.tables.find(path);
    const auto from = now == site.tables.end() ? "" : now->second;
    if (const auto to = kBanner + table.first; from != to)
      plan.changes.push_back({ChangeKind::Table, path, from, to, table.second});
  }
}

/// When nothing of the new setup names them any more.
void plan_former_tables(const Site& site, SetupPlan& plan) {
  for (const auto& path : site.former_tables) {
    plan.upgrades = true;
    plan.changes.push_back({ChangeKind::Table, path, "a table of the former setup", "",
                            "pams-relay speaks with the smart host now, and logs in there"});
  }
}

void find_shared_transports(const Config& config, SetupPlan& plan) {
  const auto& all = config.policy.connectors;
  for (auto one = all.begin(); one != all.end(); ++one)
    for (auto other = all.begin(); other != one; ++other)
      if (one->transport == other->transport)
        plan.problems.push_back("connectors '" + other->name + "' and '" + one->name +
                                "' have the same transport '" + one->transport +
                                "'; each needs one of its own");
}

/// Listeners that turn the milter off for themselves stay as they are; the operator decides.
void note_own_milters(const Site& site, SetupPlan& plan) {
  for (const auto& own : site.service_parameters) {
    const bool hides = own.name == "smtpd_milters" ||
                       (own.name == "receive_override_options" && own.value.find("no_") != std::string::npos);
    if (hides)
      plan.notes.push_back(own.service + " has its own " + own.name + " = " + own.value +
                           ": `pamsctl doctor` says whether flagged mail is safe there");
  }
}

}  // namespace

std::vector<std::string> parameters_of_interest(const rules::Policy& policy) {
  std::vector<std::string> names{
      "queue_directory",           "compatibility_level",  "milter_protocol",
      "milter_default_action",     "smtpd_milters",        "non_smtpd_milters",
      "milter_header_checks",      "header_checks",        "mime_header_checks",
      "nested_header_checks",      "smtp_header_checks",   "lmtp_header_checks",
      "message_size_limit",        "mailbox_size_limit",   "virtual_mailbox_limit",
      "bounce_size_limit",         "cleanup_service_name", "lmtp_bind_address_enforce",
      "enable_original_recipient", "default_process_limit"};
  for (const auto& connector : policy.connectors)
    names.push_back(connector.transport + "_destination_recipient_limit");
  return names;
}

SetupPlan plan_setup(const Config& config, const std::vector<std::string>& outbound, const Site& site) {
  SetupPlan plan;
  if (std::ranges::find(config.policy.connectors, config.policy.pams.connector,
                        &rules::OutboundConnector::name) == config.policy.connectors.end())
    plan.problems.push_back("[pams] connector '" + config.policy.pams.connector + "' is not defined");
  find_shared_transports(config, plan);
  plan_tables(config, site, plan);
  ServicesPlan services(config, site, plan);
  services.plan_transports();
  services.plan_retry();
  services.plan_listeners(outbound);
  services.plan_journal_listener();
  const auto address = milter_address(config, site, plan.problems);
  plan_main(config, address, site, plan);
  plan_former_tables(site, plan);
  note_own_milters(site, plan);
  return plan;
}

}  // namespace pams::milter::setup
