/// [journal] and [[journal_rule]]. A report of a flagged message holds the message, so whereto it may go is
/// decided here: a configuration that would let it out has an error.
#include <algorithm>
#include <charconv>

#include "rules/base/text.hpp"
#include "rules/load/sections.hpp"

namespace pams::rules {
namespace {

using journal::ConfidentialReports;
using journal::JournalScope;
using schema::Param;
using schema::Type;

constexpr Param kJournal[] = {
    {.key = "path",
     .type = Type::Path,
     .doc = "The folder where reports wait until the MTA has taken them.",
     .fallback = R"("/var/lib/pams-milter/journal")"},
    {.key = "submit_to",
     .type = Type::Text,
     .doc = "The MTA's listener for reports, address:port on this machine; `pamsctl setup` makes it. Below "
            "port 1024 no other user can take its place.",
     .fallback = R"("127.0.0.1:895")"},
    {.key = "journaling_report_ndr_to",
     .type = Type::Text,
     .doc = "The alternate journaling mailbox: gets the reports that a journal mailbox refuses.",
     .fallback = R"("")"},
    {.key = "confidential_reports",
     .type = Type::Text,
     .doc = "Where reports of flagged mail may go: \"local\" (mailboxes that the MTA delivers on this "
            "machine), the name of an outbound connector, or \"allow\" (as other reports).",
     .fallback = R"("local")"},
    {.key = "alert_after",
     .type = Type::Duration,
     .doc = "A report that waits longer is told at error level.",
     .fallback = R"("1 h")"},
};

constexpr std::string_view kScopes[] = {"global", "internal", "external"};
constexpr Param kRule[] = {
    {.key = "name", .type = Type::Text, .doc = "What the log calls it.", .required = true},
    {.key = "scope",
     .type = Type::Choice,
     .doc = "Which mail: all, between insiders only, or with anyone outside.",
     .fallback = R"("global")",
     .choices = kScopes},
    {.key = "recipient",
     .type = Type::Text,
     .doc = "Only mail from or to this address; empty: everyone's.",
     .fallback = R"("")"},
    {.key = "journal_email_address",
     .type = Type::Addresses,
     .doc = "The journal mailbox.",
     .required = true},
};

constexpr Param kAddress{.key = "x", .type = Type::Addresses, .doc = "", .fallback = "[]"};

JournalScope scope_of(const std::string& name) {
  return name == kScopes[0]   ? JournalScope::Global
         : name == kScopes[1] ? JournalScope::Internal
                              : JournalScope::External;
}

/// One address or nothing, which Type::Addresses cannot say.
void check_address(const schema::Args& args, std::string_view key, const Reading& reading) {
  const auto& address = args.text(key);
  if (address.empty()) return;
  Diagnostics flaws;
  const schema::Value value(schema::Table{{"x", args.at(key), schema::Value(address, args.at(key))}},
                            args.at(key));
  schema::read_table(value, {&kAddress, 1}, key, reading.files, flaws);
  if (flaws.has_errors())
    reading.error(args.at(key), std::string(key) + ": '" + text::printable(address) +
                                    "' is not an address like anna@example.org");
}

/// Only on this machine: reports go there in clear.
bool is_loopback_listener(std::string_view written) {
  const auto colon = written.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto digits = written.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0 || port > 65535) return false;
  static const auto kLoopback = *IpRange::parse("127.0.0.0/8");
  const auto host = written.substr(0, colon);
  const auto address = parse_ip(host);
  return host == "[::1]" || (address && host.front() != '[' && kLoopback.contains(*address));
}

void read_confidential(const schema::Args& args, const Reading& reading, Policy& policy) {
  auto& journal = policy.journal;
  const auto& written = args.text("confidential_reports");
  if (written == "local" || written == "allow") {
    journal.confidential_reports =
        written == "local" ? ConfidentialReports::Local : ConfidentialReports::Allow;
    return;
  }
  journal.confidential_reports = ConfidentialReports::Connector;
  journal.connector = written;
  const auto* connector = policy.connector(written);
  auto names = names_of(policy.connectors);
  names.insert(names.end(), {"local", "allow"});
  if (connector == nullptr)
    reading.error(args.at("confidential_reports"),
                  "confidential_reports: " + nothing_named("outbound connector", written, names));
  else if (connector->tls_settings == TlsSettings::EncryptionOnly)
    reading.error(args.at("confidential_reports"),
                  "confidential_reports: connector '" + written +
                      "' has tls_settings = \"encryption_only\"; reports of flagged mail leave only over TLS "
                      "whose certificate and name are verified");
}

/// Reports of flagged mail stay in the organization unless the operator has named another way.
void check_inside(const std::string& address, const Location& at, const Reading& reading,
                  const Policy& policy) {
  if (policy.journal.confidential_reports != ConfidentialReports::Local ||
      policy.organization.has_address(address))
    return;
  reading.error(at, "'" + text::printable(address) +
                        "' is outside accepted_domains, and would get the reports of flagged mail in clear; "
                        "name a connector in [journal] confidential_reports, or \"allow\" it");
}

void read_journal_rule(const schema::Value& table, const Reading& reading, Policy& policy) {
  const auto args = reading.table(table, kRule, "[[journal_rule]]");
  if (!args) return;
  check_address(*args, "recipient", reading);
  const auto& addresses = args->words("journal_email_address");
  if (addresses.size() != 1)
    return reading.error(args->at("journal_email_address"), "journal_email_address: name one mailbox");
  auto& rules = policy.journal.rules;
  if (std::ranges::any_of(rules, [&](const auto& rule) { return rule.name == args->text("name"); }))
    reading.error(args->at("name"), "there is a journal rule '" + args->text("name") + "' already");
  check_inside(addresses.front(), args->at("journal_email_address"), reading, policy);
  rules.push_back(
      {args->text("name"), scope_of(args->text("scope")), args->text("recipient"), addresses.front()});
}

}  // namespace

void read_journal(const schema::Value& section, std::span<const schema::Value* const> rules,
                  const Reading& reading, Policy& policy) {
  auto& journal = policy.journal;
  const auto args = reading.table(section, kJournal, "[journal]");
  if (args) {
    journal.path = args->text("path");
    journal.submit_to = args->text("submit_to");
    if (!is_loopback_listener(journal.submit_to))
      reading.error(args->at("submit_to"),
                    "submit_to: '" + text::printable(journal.submit_to) +
                        "' is not of the form 127.0.0.1:port or [::1]:port; reports go there in clear");
    journal.journaling_report_ndr_to = args->text("journaling_report_ndr_to");
    check_address(*args, "journaling_report_ndr_to", reading);
    journal.alert_after = std::chrono::seconds{args->number("alert_after")};
    read_confidential(*args, reading, policy);
    if (!journal.journaling_report_ndr_to.empty())
      check_inside(journal.journaling_report_ndr_to, args->at("journaling_report_ndr_to"), reading, policy);
  }
  for (const auto* table : rules) read_journal_rule(*table, reading, policy);
}

}  // namespace pams::rules
