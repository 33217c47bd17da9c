/// [journal] and [[journal_rule]].
#include <algorithm>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"
#include "rules/load/sections.hpp"
#include "rules/schema/check_path.hpp"
#include "rules/schema/choices.hpp"

namespace pams::rules {
namespace {

using schema::Param;
using schema::Type;

constexpr Param kJournal[] = {
    {.key = "path",
     .type = Type::Path,
     .doc = "The directory where reports wait until the MTA has taken them.",
     .fallback = R"("/var/lib/pams-milter/journal")"},
    {.key = "submit_to",
     .type = Type::Text,
     .doc =
         "The MTA's listener for reports, address:port on this machine; `pamsctl setup` makes it. Below port 1024 no other user can take its place.",
     .fallback = R"("127.0.0.1:895")"},
    {.key = "journaling_report_ndr_to",
     .type = Type::Text,
     .doc = "The alternate journaling mailbox: gets the reports that a journal mailbox refuses.",
     .fallback = R"("")"},
    {.key = "confidential_reports", .type = Type::Text, .doc = "Gone; see deliver_to.", .fallback = R"("")"},
    {.key = "deliver_to",
     .type = Type::Text,
     .doc =
         "Where the relay brings the reports of flagged mail, which travel sealed: lmtp:unix:/path, lmtp:HOST:PORT on loopback, or the name of an outbound connector. Empty: flagged mail that must be journaled waits.",
     .fallback = R"("")"},
    {.key = "alert_after",
     .type = Type::Duration,
     .doc = "A report that waits longer is told at error level.",
     .fallback = R"("1 h")"},
};

constexpr const char* kDeliverToForms =
    "lmtp:unix:/path/to/socket, lmtp:127.0.0.1:PORT, or the name of an outbound connector";

constexpr auto kScopes = schema::choices<JournalScope>({{"global", JournalScope::Global},
                                                        {"internal", JournalScope::Internal},
                                                        {"external", JournalScope::External}});
constexpr Param kRule[] = {
    {.key = "name", .type = Type::Text, .doc = "What the log calls it.", .required = true},
    {.key = "scope",
     .type = Type::Choice,
     .doc = "Which mail: all, between insiders only, or with anyone outside.",
     .fallback = R"("global")",
     .choices = kScopes.names},
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
  if (!parse_port(written.substr(colon + 1))) return false;
  static const auto kLoopback = *IpRange::parse("127.0.0.0/8");
  const auto host = written.substr(0, colon);
  const auto address = parse_ip(host);
  return host == "[::1]" || (address && host.front() != '[' && kLoopback.contains(*address));
}

/// `confidential_reports` is from before reports were sealed. "allow" is what nobody needs any more; "local"
/// and a connector's name have a successor.
void refuse_confidential(const schema::Args& args, const Reading& reading, const Policy& policy) {
  const auto& written = args.text("confidential_reports");
  if (written.empty()) return;
  const auto instead =
      policy.connector(written) != nullptr
          ? "write deliver_to = \"" + written + "\" instead"
          : std::string(
                "write deliver_to = \"lmtp:unix:/path/to/socket\" instead, with the socket at which your mailbox server takes LMTP");
  reading.error(args.at("confidential_reports"),
                "confidential_reports is gone: reports of flagged mail travel sealed; " + instead);
}

void read_deliver_to(const schema::Args& args, const Reading& reading, Policy& policy) {
  using Kind = ReportDestination::Kind;
  constexpr std::string_view kLmtp = "lmtp:", kUnix = "lmtp:unix:";
  const std::string_view written = args.text("deliver_to");
  auto& to = policy.journal.deliver_to;
  const auto refuse = [&](const std::string& why) {
    reading.error(args.at("deliver_to"), "deliver_to: " + why);
  };
  if (written.empty()) return;
  if (written.starts_with(kUnix)) {
    to.kind = Kind::UnixSocket;
    to.path = written.substr(kUnix.size());
    if (!to.path.starts_with('/')) refuse("the socket's path must be absolute");
  } else if (written.starts_with(kLmtp)) {
    const auto address = written.substr(kLmtp.size());
    if (!is_loopback_listener(address))
      return refuse("'" + text::printable(written) + "' is none of " + kDeliverToForms);
    const auto colon = address.rfind(':');
    to.kind = Kind::Port;
    to.host = address.front() == '[' ? address.substr(1, colon - 2) : address.substr(0, colon);
    to.port = parse_port(address.substr(colon + 1)).value();
  } else {
    to.kind = Kind::Connector;
    to.connector = written;
    const auto* connector = policy.connector(written);
    if (connector == nullptr && !reading.files.is_complete) return;
    if (connector == nullptr)
      refuse(nothing_named("outbound connector", to.connector, names_of(policy.connectors)) +
             "; it is one of " + kDeliverToForms);
    else if (connector->tls_settings == TlsSettings::EncryptionOnly)
      refuse(
          "connector '" + to.connector +
          "' has tls_settings = \"encryption_only\"; reports of flagged mail leave only over TLS whose certificate and name are verified");
  }
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
  rules.push_back(
      {args->text("name"), kScopes.at(args->text("scope")), args->text("recipient"), addresses.front()});
}

}  // namespace

std::span<const Param> journal_params() { return kJournal; }
std::span<const Param> journal_rule_params() { return kRule; }

void read_journal(const schema::Value& section, std::span<const schema::Value* const> rules,
                  const Reading& reading, Policy& policy) {
  auto& journal = policy.journal;
  const auto args = reading.table(section, kJournal, "[journal]");
  if (args) {
    journal.path = args->text("path");
    if (!rules.empty()) schema::check_directory({section, *args, reading.files, reading.diagnostics}, "path");
    journal.submit_to = args->text("submit_to");
    if (!is_loopback_listener(journal.submit_to))
      reading.error(args->at("submit_to"),
                    "submit_to: '" + text::printable(journal.submit_to) +
                        "' is not of the form 127.0.0.1:port or [::1]:port; reports go there in clear");
    journal.journaling_report_ndr_to = args->text("journaling_report_ndr_to");
    check_address(*args, "journaling_report_ndr_to", reading);
    journal.alert_after = std::chrono::seconds{args->number("alert_after")};
    refuse_confidential(*args, reading, policy);
    read_deliver_to(*args, reading, policy);
  }
  for (const auto* table : rules) read_journal_rule(*table, reading, policy);
}

}  // namespace pams::rules
