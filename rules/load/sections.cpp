#include "rules/load/sections.hpp"

#include <algorithm>

#include "rules/base/text.hpp"
#include "rules/schema/find_tables.hpp"
#include "rules/unicode/address.hpp"

namespace pams::rules {
namespace {

using schema::Param;
using schema::Type;

std::vector<IpRange> ranges(const std::vector<std::string>& words) {
  std::vector<IpRange> all;
  for (const auto& word : words)
    all.push_back(IpRange::parse(word).value());  // the schema has parsed it before
  return all;
}

constexpr Param kOrganization[] = {
    {.key = "accepted_domains",
     .type = Type::Domains,
     .doc = "Domains of the organization; *.example.org means what is below.",
     .fallback = "[]"},
};

constexpr Param kTrust[] = {
    {.key = "networks",
     .type = Type::Networks,
     .doc = "Peers that may hand in mail for the outside, and flagged mail.",
     .fallback = R"(["127.0.0.0/8", "::1/128"])"},
    {.key = "authenticated",
     .type = Type::Bool,
     .doc = "Whether SASL-authenticated peers are trusted.",
     .fallback = "true"},
};
constexpr std::string_view kApart[] = {"exchange_online"};
constexpr Param kExchangeOnline[] = {
    {.key = "certificate",
     .type = Type::Text,
     .doc = "Subject name of the verified client certificate.",
     .required = true},
    {.key = "originator_org",
     .type = Type::Words,
     .doc = "Allowed values of X-OriginatorOrg: your tenant's domains.",
     .required = true},
};

constexpr std::uint64_t kSmallHeader = 16U << 10U;  // a few Received and DKIM fields fill a quarter of it
constexpr Param kLimits[] = {
    {.key = "header_bytes", .type = Type::Size, .doc = "Size of the header.", .fallback = "\"1 MB\""},
    {.key = "header_count", .type = Type::Integer, .doc = "Header fields.", .fallback = "5000"},
    {.key = "mime_depth", .type = Type::Integer, .doc = "Parts within parts.", .fallback = "100"},
    {.key = "mime_parts", .type = Type::Integer, .doc = "Parts of one message.", .fallback = "1000"},
    {.key = "recipients", .type = Type::Integer, .doc = "Recipients of one message.", .fallback = "10000"},
    {.key = "evaluation_time",
     .type = Type::Duration,
     .doc = "Time for the rules of one message.",
     .fallback = "\"60 s\""},
};

void warn_of_no_networks(const schema::Value& section, const schema::Args& args, const Reading& reading) {
  if (!args.words("networks").empty()) return;
  const bool has_others = args.flag("authenticated") || section.find("exchange_online") != nullptr;
  reading.diagnostics.warning(
      args.at("networks"),
      has_others
          ? "networks: no server is trusted by its address; flagged mail of yours that comes neither authenticated nor from [[trust.exchange_online]] waits, or loses its flag"
          : "networks: nobody is trusted; all flagged mail waits, or loses its flag");
}

}  // namespace

std::span<const Param> organization_params() { return kOrganization; }
std::span<const Param> trust_params() { return kTrust; }
std::span<const Param> exchange_online_params() { return kExchangeOnline; }
std::span<const Param> limits_params() { return kLimits; }

void read_organization(const schema::Value& section, const Reading& reading, Organization& organization) {
  const auto args = reading.table(section, kOrganization, "[organization]");
  if (!args) return;
  organization.accepted_domains = args->words("accepted_domains");
  const auto* written = section.find("accepted_domains");
  const auto* list = written == nullptr ? nullptr : written->as<schema::Array>();
  if (!reading.files.is_complete) return;
  if (written == nullptr || (list != nullptr && list->empty()))
    reading.diagnostics.warning(section.at(), "[organization] has no accepted_domains: nobody is inside");
}

void read_trust(const schema::Value& section, const Reading& reading, Trust& trust) {
  if (const auto args = reading.table(without_keys(section, kApart), kTrust, "[trust]")) {
    trust.networks = ranges(args->words("networks"));
    trust.authenticated = args->flag("authenticated");
    warn_of_no_networks(section, *args, reading);
  }
  const auto* online = section.find("exchange_online");
  if (online == nullptr) return;
  for (const auto* table : schema::elements_of(*online, "[[trust.exchange_online]]", reading.diagnostics)) {
    const auto args = reading.table(*table, kExchangeOnline, "[[trust.exchange_online]]");
    if (!args) continue;
    // The certificate is every Microsoft 365 customer's: without the organisation it would trust them all.
    if (args->text("certificate").empty() || args->words("originator_org").empty())
      reading.error(table->at(),
                    "[[trust.exchange_online]] needs a certificate and at least one originator_org");
    std::vector<std::string> organizations;
    for (const auto& one : args->words("originator_org")) organizations.push_back(canonical_domain(one));
    trust.exchange_online.push_back({args->text("certificate"), std::move(organizations)});
  }
}

void read_limits(const schema::Value& section, const Reading& reading, Limits& limits) {
  const auto args = reading.table(section, kLimits, "[limits]");
  if (!args) return;
  for (const auto& param : kLimits)
    if (args->number(param.key) == 0)
      reading.error(args->at(param.key), std::string(param.key) + " must not be 0");
  limits.header_bytes = args->number("header_bytes");
  if (limits.header_bytes > 0 && limits.header_bytes < kSmallHeader)
    reading.diagnostics.warning(args->at("header_bytes"),
                                "header_bytes: messages with more than " +
                                    std::to_string(limits.header_bytes) +
                                    " bytes of header are an anomaly; a size is written like \"1 MB\"");
  limits.header_count = args->number("header_count");
  limits.recipients = args->number("recipients");
  limits.evaluation_time = std::chrono::seconds{args->number("evaluation_time")};
  limits.mime.depth = args->number("mime_depth");
  limits.mime.parts = args->number("mime_parts");
}

std::string nothing_named(std::string_view kind, const std::string& name,
                          std::span<const std::string> known) {
  auto text = "there is no " + std::string(kind) + " '" + name + "'";
  const auto near = text::did_you_mean(name, known);
  return near.empty() ? text : text + "; did you mean '" + near + "'?";
}

std::vector<std::string> names_of(const std::vector<OutboundConnector>& connectors) {
  std::vector<std::string> names;
  for (const auto& connector : connectors) names.push_back(connector.name);
  return names;
}

schema::Value without_keys(const schema::Value& table, std::span<const std::string_view> keys) {
  const auto* members = table.as<schema::Table>();
  if (members == nullptr) return table;
  auto rest = *members;
  std::erase_if(rest, [&](const schema::Member& m) { return std::ranges::find(keys, m.key) != keys.end(); });
  return {std::move(rest), table.at()};
}

}  // namespace pams::rules
