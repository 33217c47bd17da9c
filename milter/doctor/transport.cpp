#include <algorithm>
#include <array>

#include "milter/config/files.hpp"
#include "milter/connector/postfix_settings.hpp"
#include "milter/doctor/route_rules.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::doctor {
namespace {

/// Nothing below TLS 1.2; further exclusions only make it stricter.
bool is_modern_tls(const std::string& protocols) {
  static constexpr std::array<std::string_view, 4> kModern{">=TLSv1.2", ">=TLSv1.3", "TLSv1.2", "TLSv1.3"};
  bool any = false;
  for (const auto& element : split_list(protocols)) {
    const bool modern =
        std::ranges::any_of(kModern, [&](std::string_view one) { return text::iequals(one, element); });
    if (!modern && !element.starts_with('!') && !element.starts_with("<=")) return false;
    any = any || modern;
  }
  return any;
}

/// OpenSSL's NULL ciphers do not encrypt. They come in only by name or by a primitive such as kRSA, never
/// with HIGH (ciphers(1)); so a list that names more than HIGH must shut them out.
bool is_encrypting(const std::string& ciphers) {
  bool only_high = true;
  for (const auto& element : text::split(ciphers, ':')) {
    const auto name = text::trim(element);
    if (name == "!eNULL" || name == "!NULL") return true;
    const bool adds = !name.empty() && std::string_view("!-+@").find(name.front()) == std::string_view::npos;
    if (adds && name != "HIGH" && name != "aNULL") only_high = false;  // "secure" itself shuts out aNULL
  }
  return only_high;
}

bool holds(const TransportSetting& setting, const std::string& value) {
  if (setting.name == "tls_high_cipherlist") return is_encrypting(value);
  // A Postfix that does not know the parameter does not obey the header either.
  if (setting.name == "tls_required_enable" && value.empty()) return true;
  if (setting.name == "smtp_tls_mandatory_protocols") return is_modern_tls(value);
  return value == setting.value;
}

/// Postfix loads the file before it enters a chroot, so it is looked for outside.
Finding examine_authorities(const rules::OutboundConnector& connector) {
  if (connector.tls_settings == rules::TlsSettings::EncryptionOnly) return ok("");
  const auto content = read_file(connector.tls_ca_file);
  if (!content) return failed("tls_ca_file: " + content.error().what, "ls -l " + connector.tls_ca_file);
  if (content->find("CERTIFICATE-----") == std::string::npos)
    return failed(connector.tls_ca_file + " holds no certificate", "head " + connector.tls_ca_file);
  return ok("");
}

Finding examine_settings(const Examination& examination, const Gateway& gateway, const Service& service) {
  const auto settings = transport_settings(examination.connector, "", examination.mta.config_directory());
  std::vector<std::string> names{"smtp_header_checks"};
  for (const auto& setting : settings) names.push_back(setting.name);
  const auto values = gateway.values(service, names);
  if (!values) return unanswered(values.error());
  for (const auto& setting : settings)
    if (setting.demanded && !holds(setting, values->at(setting.name)))
      return failed(
          service.key() + ": " + setting.name + " is '" + values->at(setting.name) + "'; " + setting.why,
          "postconf -P '" + service.key() + "/" + setting.name + "=" + setting.value + "' && postfix reload");
  const auto fault =
      deviation(examination.mta, values->at("smtp_header_checks"), marker_header(examination), "IGNORE");
  if (!fault) return unanswered(fault.error());
  if (!fault->empty()) return failed(service.key() + " would send the route marker: " + *fault, kSetup);
  return ok("");
}

Finding run(const Examination& examination) {
  const auto gateway = Gateway::read(examination.mta);
  if (!gateway) return unanswered(gateway.error());
  const auto& name = examination.connector.transport;
  const auto* service = gateway->find(name, "unix");
  if (service == nullptr) return failed(name + "/unix is not in master.cf", kSetup);
  if (service->command != "smtp")
    return failed(name + "/unix runs " + service->command + ", not smtp", kSetup);
  const auto settings = examine_settings(examination, *gateway, *service);
  if (settings.status != CheckStatus::Ok) return settings;
  const auto authorities = examine_authorities(examination.connector);
  if (authorities.status != CheckStatus::Ok) return authorities;
  return ok(name + "/unix verifies TLS, and nothing of main.cf weakens it");
}

}  // namespace

extern const Check transport;
const Check transport{
    "transport", "The message would leave in clear, or for somebody else than the smart host.", true, run};

}  // namespace pams::milter::doctor
