/// [[outbound_connector]]: what is written here ends up in the MTA's configuration, so every name is checked
/// to be nothing but a name.
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

constexpr std::string_view kCertificateValidation = "certificate_validation";
constexpr auto kTlsSettings =
    schema::choices<TlsSettings>({{"domain_validation", TlsSettings::DomainValidation},
                                  {kCertificateValidation, TlsSettings::DomainValidation},
                                  {"encryption_only", TlsSettings::EncryptionOnly}});
constexpr Param kConnector[] = {
    {.key = "name", .type = Type::Text, .doc = "What rules and [pams] call it.", .required = true},
    {.key = "smart_hosts",
     .type = Type::Words,
     .doc = "host or host:port, tried in this order; no MX look-up.",
     .required = true},
    {.key = "tls_settings",
     .type = Type::Choice,
     .doc = "How the smart host proves who it is.",
     .fallback = "\"domain_validation\"",
     .choices = kTlsSettings.names},
    {.key = "tls_domain",
     .type = Type::Text,
     .doc =
         "The name in the certificate; default: the smart host's. \"*.partner.example\": any one label before partner.example."},
    {.key = "tls_ca_file",
     .type = Type::Path,
     .doc = "PEM file of the authorities that are believed.",
     .fallback = "\"/etc/ssl/certs/ca-certificates.crt\""},
    {.key = "transport",
     .type = Type::Text,
     .doc = "Postfix master.cf service or Sendmail mailer.",
     .fallback = "\"pams\""},
    {.key = "max_message_size",
     .type = Type::Size,
     .doc = "Largest message, as sent; larger ones are refused.",
     .fallback = "\"50 MB\""},
    {.key = "username",
     .type = Type::Text,
     .doc = "User for SMTP AUTH at the smart host, only after verified TLS.",
     .fallback = "\"\""},
    {.key = "password_file",
     .type = Type::Path,
     .doc = "File with the password for SMTP AUTH on one line, readable for root alone.",
     .fallback = "\"\""},
};

bool is_host_name(std::string_view name) {
  const auto is_label = [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' &&
           std::ranges::all_of(label, [](char c) { return text::is_alnum(c) || c == '-'; });
  };
  return name.size() <= 253 && std::ranges::all_of(text::split(name, '.'), is_label);
}

/// A host name, or "*." before one of at least two labels: "*.example" would be every domain of a registry.
bool is_tls_domain(std::string_view name) {
  const bool is_wildcard = name.starts_with("*.");
  if (is_wildcard) name.remove_prefix(2);
  if (is_wildcard && name.find('.') == std::string_view::npos) return false;
  return is_host_name(name) && !parse_ip(name);
}

/// "smtp.zivver.com." is how DNS writes a whole name; certificates have it without the dot.
std::string_view without_final_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

/// host, host:25, [host]:25, [2001:db8::1]:25, 2001:db8::1
std::optional<SmartHost> parse_smart_host(std::string_view written) {
  SmartHost host;
  auto name = written;
  std::string_view after;
  if (written.starts_with('[')) {
    const auto close = written.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    name = written.substr(1, close - 1);
    after = written.substr(close + 1);
  } else if (std::ranges::count(written, ':') == 1) {
    name = written.substr(0, written.find(':'));
    after = written.substr(written.find(':'));
  }
  name = without_final_dot(name);
  if (!is_host_name(name) && !parse_ip(name)) return std::nullopt;
  host.name = name;
  if (after.empty()) return host;
  const auto port = after.starts_with(':') ? parse_port(after.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  host.port = *port;
  return host;
}

void read_smart_hosts(const schema::Args& args, const Reading& reading, OutboundConnector& connector) {
  const auto& written = args.words("smart_hosts");
  for (const auto& one : written) {
    if (auto host = parse_smart_host(one))
      connector.smart_hosts.push_back(std::move(*host));
    else
      reading.error(args.at("smart_hosts"), "smart_hosts: '" + text::printable(one) +
                                                "' is not of the form host:port or [address]:port");
  }
  if (written.empty()) reading.error(args.at("smart_hosts"), "smart_hosts: name one");
  for (auto one = connector.smart_hosts.begin(); one != connector.smart_hosts.end(); ++one)
    if (std::any_of(connector.smart_hosts.begin(), one,
                    [&](const SmartHost& other) { return other.nexthop() == one->nexthop(); }))
      reading.error(args.at("smart_hosts"), "smart_hosts: '" + one->address() + "' is there twice");
}

/// False when none is written.
bool read_tls_domain(const schema::Args& args, const Reading& reading, OutboundConnector& connector) {
  if (!args.has("tls_domain") || args.text("tls_domain").empty()) return false;
  connector.tls_domain = without_final_dot(args.text("tls_domain"));
  if (is_tls_domain(connector.tls_domain)) return true;
  const auto written = "tls_domain: '" + text::printable(connector.tls_domain) + "' ";
  if (!text::is_ascii(connector.tls_domain))
    reading.error(args.at("tls_domain"), written + "must be written as certificates have it: xn--...");
  else if (connector.tls_domain.find('*') != std::string::npos)
    reading.error(
        args.at("tls_domain"),
        written +
            "is not of the form *.partner.example: a wildcard stands for the whole first label, before at least two others");
  else
    reading.error(args.at("tls_domain"), written + "is not a host name");
  return true;
}

void read_tls(const schema::Args& args, const Reading& reading, OutboundConnector& connector) {
  const auto& settings = args.text("tls_settings");
  connector.tls_settings = kTlsSettings.at(settings);
  if (settings == kCertificateValidation)
    reading.diagnostics.warning(
        args.at("tls_settings"),
        "certificate_validation does not look at the name in the certificate, so anybody with a certificate could be the smart host; treated as domain_validation");
  connector.tls_ca_file = args.text("tls_ca_file");
  const bool verifies = connector.tls_settings != TlsSettings::EncryptionOnly;
  if (verifies && connector.tls_ca_file.empty())
    reading.error(args.at("tls_ca_file"), "tls_ca_file: without authorities no certificate can be verified");
  const bool has_domain = read_tls_domain(args, reading, connector);
  if (has_domain || connector.smart_hosts.empty()) return;
  if (connector.smart_hosts.size() == 1) connector.tls_domain = connector.smart_hosts.front().name;
  const auto is_address = [](const SmartHost& host) { return parse_ip(host.name).has_value(); };
  if (verifies && reading.files.is_complete && std::ranges::any_of(connector.smart_hosts, is_address))
    reading.error(args.at("smart_hosts"),
                  "smart_hosts: an address has no name to verify; write the name in tls_domain");
}

/// Postfix's table of passwords holds "username:password", with nothing around it.
bool is_username(std::string_view name) {
  return text::trim(name).size() == name.size() && text::printable(name) == name &&
         name.find(':') == std::string_view::npos;
}

void read_authentication(const schema::Args& args, const Reading& reading, OutboundConnector& connector) {
  connector.username = args.text("username");
  connector.password_file = args.text("password_file");
  if (connector.username.empty() && connector.password_file.empty()) return;
  if (!is_username(connector.username))
    reading.error(args.at("username"),
                  "username: must not hold a colon, control characters or blanks around it");
  if (connector.username.empty() && reading.files.is_complete)
    reading.error(args.at("password_file"), "password_file: is of no use without a username");
  if (connector.password_file.empty() && reading.files.is_complete)
    reading.error(args.at("username"), "username: needs a password_file");
  if (connector.tls_settings == TlsSettings::EncryptionOnly)
    reading.error(
        args.at("username"),
        "username: encryption_only does not look who the smart host is, so it would give the password to anybody; use domain_validation");
}

bool is_transport(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || text::is_digit(c) || c == '_' || c == '-';
  });
}

/// One transport has one set of TLS settings, and the MTA keeps the routes apart by it: a second connector on
/// it could weaken the first.
void check_transport(const schema::Args& args, const Reading& reading, const OutboundConnector& connector,
                     const std::vector<OutboundConnector>& others) {
  if (!is_transport(connector.transport))
    reading.error(args.at("transport"), "transport: '" + text::printable(connector.transport) +
                                            "' may hold only a-z, 0-9, _ and -");
  const auto other = std::ranges::find(others, connector.transport, &OutboundConnector::transport);
  if (other != others.end())
    reading.error(args.at("name"), "connectors '" + other->name + "' and '" + connector.name +
                                       "' have the same transport '" + connector.transport +
                                       "'; give each its own");
}

/// A number alone is a number of bytes.
void check_size(const schema::Args& args, const Reading& reading, const OutboundConnector& connector) {
  constexpr std::uint64_t kOneMegabyte = 1U << 20U;
  const auto size = connector.max_message_size;
  if (size == 0)
    reading.error(args.at("max_message_size"), "max_message_size: 0 would refuse every message");
  else if (size < kOneMegabyte)
    reading.diagnostics.warning(args.at("max_message_size"),
                                "max_message_size: flagged messages of more than " + std::to_string(size) +
                                    " bytes are refused; a size is written like \"50 MB\"");
}

/// The name stands in the trace, in logs and in commands.
bool is_label(std::string_view name) {
  return !text::trim(name).empty() && text::trim(name).size() == name.size() && text::printable(name) == name;
}

}  // namespace

std::span<const Param> connector_params() { return kConnector; }

void read_connector(const schema::Value& table, const Reading& reading,
                    std::vector<OutboundConnector>& connectors) {
  const auto args = reading.table(table, kConnector, "[[outbound_connector]]");
  OutboundConnector connector;
  if (!args) {
    // Only its name: who refers to it has made no mistake. No Policy comes of it.
    const auto* name = table.find("name");
    if (name == nullptr || name->as<std::string>() == nullptr) return;
    connector.name = *name->as<std::string>();
    connector.transport.clear();
    connectors.push_back(std::move(connector));
    return;
  }
  connector.name = args->text("name");
  connector.transport = args->text("transport");
  connector.max_message_size = args->number("max_message_size");
  if (!is_label(connector.name))
    reading.error(args->at("name"),
                  "name: must be a text without blanks around it and without control characters");
  if (std::ranges::any_of(connectors, [&](const auto& c) { return text::iequals(c.name, connector.name); }))
    reading.error(args->at("name"), "there is an outbound connector '" + connector.name + "' already");
  check_transport(*args, reading, connector, connectors);
  check_size(*args, reading, connector);
  read_smart_hosts(*args, reading, connector);
  read_tls(*args, reading, connector);
  if (connector.tls_settings != TlsSettings::EncryptionOnly)
    schema::check_pem({table, *args, reading.files, reading.diagnostics}, "tls_ca_file",
                      schema::Files::Pem::Certificates);
  read_authentication(*args, reading, connector);
  connectors.push_back(std::move(connector));
}

}  // namespace pams::rules
