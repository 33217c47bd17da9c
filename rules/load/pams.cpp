/// [pams]: what a flagged message is, and where it goes.
#include <re2/re2.h>

#include "rules/base/text.hpp"
#include "rules/load/sections.hpp"
#include "rules/policy/flag.hpp"
#include "rules/schema/choices.hpp"

namespace pams::rules {
namespace {

using schema::Param;
using schema::Type;

constexpr auto kDeferReject =
    schema::choices<OnAnomaly>({{"defer", OnAnomaly::Defer}, {"reject", OnAnomaly::Reject}});
constexpr auto kUntrusted = schema::choices<Untrusted>(
    {{"strip", Untrusted::Strip}, {"reject", Untrusted::Reject}, {"keep", Untrusted::Keep}});
constexpr auto kCarrierSubjects =
    schema::choices<CarrierSubject>({{"hide", CarrierSubject::Hide}, {"keep", CarrierSubject::Keep}});
constexpr auto kExtraRecipients =
    schema::choices<ExtraRecipients>({{"drop", ExtraRecipients::Drop}, {"refuse", ExtraRecipients::Refuse}});
constexpr Param kPams[] = {
    {.key = "enabled",
     .type = Type::Bool,
     .doc = "Whether flagged mail is sent through the connector.",
     .fallback = "true"},
    {.key = "header",
     .type = Type::Text,
     .doc = "Name of the header field that flags a message.",
     .fallback = "\"zivver-relay\""},
    {.key = "pattern",
     .type = Type::Text,
     .doc = "What the value must match; anything else is an anomaly.",
     .fallback = "\"..*.\""},
    {.key = "connector", .type = Type::Text, .doc = "The [[outbound_connector]] for flagged mail."},
    {.key = "on_anomaly",
     .type = Type::Choice,
     .doc = "What is done with a flagged message that is not as it should be.",
     .fallback = "\"defer\"",
     .choices = kDeferReject.names},
    {.key = "when_disabled",
     .type = Type::Choice,
     .doc = "What is done with flagged mail when enabled is false.",
     .fallback = "\"reject\"",
     .choices = kDeferReject.names},
    {.key = "untrusted",
     .type = Type::Choice,
     .doc = "What is done with the flag of inbound mail from untrusted peers.",
     .fallback = "\"strip\"",
     .choices = kUntrusted.names},
    {.key = "zivver_peers",
     .type = Type::Networks,
     .doc =
         "Peers whose X-Zivver-Transport means that the message comes back from Zivver; not those that are in trust.networks, too.",
     .fallback = "[]"},
    {.key = "carrier_subject",
     .type = Type::Choice,
     .doc = "What the queue shows of a sealed message's subject.",
     .fallback = "\"hide\"",
     .choices = kCarrierSubjects.names},
    {.key = "extra_recipients",
     .type = Type::Choice,
     .doc = "What the relay does with recipients that the MTA has added to a sealed message.",
     .fallback = "\"drop\"",
     .choices = kExtraRecipients.names},
};

void read_pattern(const schema::Args& args, const Reading& reading, Pams& pams) {
  RE2::Options options(RE2::Quiet);
  options.set_case_sensitive(false);  // as Exchange
  auto pattern = std::make_shared<const RE2>(args.text("pattern"), options);
  if (args.text("pattern").empty())
    reading.error(args.at("pattern"), "pattern: an empty pattern would match everything");
  else if (!pattern->ok())
    reading.error(args.at("pattern"), "pattern: '" + args.text("pattern") +
                                          "' is not a pattern that RE2 knows: " + pattern->error());
  else
    pams.pattern = std::move(pattern);
}

void check_connector(const schema::Value& section, const schema::Args& args, const Reading& reading,
                     const Policy& policy) {
  const auto& name = policy.pams.connector;
  if (name.empty()) {
    if (policy.pams.enabled && reading.files.is_complete)
      reading.error(section.at(), "[pams] needs the key 'connector'");
    return;
  }
  const auto* connector = policy.connector(name);
  if (connector == nullptr) {
    if (reading.files.is_complete)
      reading.error(args.at("connector"),
                    nothing_named("outbound connector", name, names_of(policy.connectors)));
    return;
  }
  if (connector->tls_settings == TlsSettings::EncryptionOnly)
    reading.error(
        args.at("connector"),
        "connector '" + name +
            "' has tls_settings = \"encryption_only\": flagged mail leaves only over TLS whose certificate and name are verified");
}

}  // namespace

std::span<const Param> pams_params() { return kPams; }

void read_pams(const schema::Value& section, const Reading& reading, Policy& policy) {
  const auto args = reading.table(section, kPams, "[pams]");
  if (!args) return;
  auto& pams = policy.pams;
  pams.enabled = args->flag("enabled");
  pams.header = args->text("header");
  pams.connector = args->has("connector") ? args->text("connector") : "";
  pams.on_anomaly = kDeferReject.at(args->text("on_anomaly"));
  pams.when_disabled = kDeferReject.at(args->text("when_disabled"));
  pams.untrusted = kUntrusted.at(args->text("untrusted"));
  pams.carrier_subject = kCarrierSubjects.at(args->text("carrier_subject"));
  pams.extra_recipients = kExtraRecipients.at(args->text("extra_recipients"));
  for (const auto& peer : args->words("zivver_peers"))
    pams.zivver_peers.push_back(IpRange::parse(peer).value());
  if (!is_header_name(pams.header) || header_key(pams.header) == header_key(kSealedHeader))
    reading.error(args->at("header"),
                  "header: '" + text::printable(pams.header) + "' cannot be the name of the flag");
  read_pattern(*args, reading, pams);
  check_connector(section, *args, reading, policy);
}

}  // namespace pams::rules
