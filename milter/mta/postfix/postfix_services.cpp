#include "milter/mta/postfix/postfix_services.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "rules/base/text.hpp"

namespace pams::milter::mta {
namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[127.0.0.1]" || host == "[::1]" ||
         host == "::1";
}

/// "inet:host:port" against where we listen.
bool same_inet(std::string_view address, const Listen& listen) {
  if (!address.starts_with("inet:")) return false;
  const auto colon = address.rfind(':');
  auto host = address.substr(5, colon > 5 ? colon - 5 : 0);
  if (address.substr(colon + 1) != std::to_string(listen.port)) return false;
  if (listen.host.empty()) return true;  // we listen on all addresses
  if (is_loopback(host) && is_loopback(listen.host)) return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host == listen.host;
}

/// master(8) runs only the last of two entries with one name, with that entry's own `-o` alone, while
/// postconf shows both; so what the tools say of such a service is not what runs.
Status refuse_twice(const std::vector<Service>& services) {
  std::set<std::string> seen;
  for (const auto& service : services)
    if (!seen.insert(service.key()).second)
      return fail(Failure::Misconfigured,
                  "master.cf has " + service.key() + " twice, and Postfix uses the last one; remove one");
  return {};
}

/// /var/run/x and /run/x are one place; neither needs to exist.
std::filesystem::path canonical(const std::string& path) {
  std::error_code unreadable;
  const auto real = std::filesystem::weakly_canonical(path, unreadable);
  return unreadable ? std::filesystem::path(path).lexically_normal() : real;
}

}  // namespace

bool leads_to(const std::string& address, const Listen& listen, const std::string& queue_directory,
              bool chrooted) {
  if (listen.unix_path.empty()) return same_inet(address, listen);
  if (!address.starts_with("unix:")) return false;
  const auto path = address.substr(5);
  // Postfix's daemons stand in queue_directory; in a chroot that is also where "/" is.
  const bool inside = chrooted || !path.starts_with('/');
  return canonical(inside ? queue_directory + "/" + path : path) == canonical(listen.unix_path);
}

std::string milters_parameter(const Service& listener) {
  return listener.command == "smtpd" ? "smtpd_milters" : "non_smtpd_milters";
}

Result<PostfixServices> PostfixServices::read(const Mta& mta) {
  PostfixServices services(mta);
  const auto lines = mta.services();
  if (!lines) return tl::unexpected(lines.error());
  for (const auto& line : *lines)
    if (auto service = parse_service(line)) services.services_.push_back(std::move(*service));
  if (const auto once = refuse_twice(services.services_); !once) return tl::unexpected(once.error());
  const auto own = mta.service_parameters();
  if (!own) return tl::unexpected(own.error());
  for (const auto& line : *own)
    if (auto parameter = parse_service_parameter(line)) services.parameters_.push_back(std::move(*parameter));
  auto main = mta.parameters({"queue_directory", "compatibility_level"}, {});
  if (!main) return tl::unexpected(main.error());
  services.queue_directory_ = (*main)["queue_directory"];
  // master(5): with compatibility_level 0 an unset chroot column means y.
  const auto level = (*main)["compatibility_level"];
  services.dash_means_chroot_ = level.empty() || level == "0";
  return services;
}

const Service* PostfixServices::find(const std::string& name, const std::string& type) const {
  const auto at = std::ranges::find_if(
      services_, [&](const Service& service) { return service.name == name && service.type == type; });
  return at == services_.end() ? nullptr : &*at;
}

std::vector<const Service*> PostfixServices::listeners() const {
  static constexpr std::array<std::string_view, 3> kCommands{"smtpd", "pickup", "qmqpd"};
  std::vector<const Service*> out;
  for (const auto& service : services_)
    if (std::ranges::find(kCommands, service.command) != kCommands.end()) out.push_back(&service);
  return out;
}

Result<const Service*> PostfixServices::cleanup_of(const Service& listener) const {
  return value(listener, "cleanup_service_name").map([this](const std::string& name) {
    return find(name, "unix");
  });
}

Result<std::vector<const Service*>> PostfixServices::cleanups() const {
  std::vector<const Service*> out;
  for (const auto* listener : listeners()) {
    const auto cleanup = cleanup_of(*listener);
    if (!cleanup) return tl::unexpected(cleanup.error());
    if (*cleanup != nullptr && std::ranges::find(out, *cleanup) == out.end()) out.push_back(*cleanup);
  }
  std::ranges::sort(out);  // pointers into one vector: master.cf order
  return out;
}

std::vector<std::string> PostfixServices::own_settings(const Service& service) const {
  std::vector<std::string> out;
  for (const auto& parameter : parameters_)
    if (parameter.service == service.key()) out.push_back(parameter.name + "=" + parameter.value);
  return out;
}

bool PostfixServices::overrides(const Service& service, const std::string& name) const {
  return std::ranges::any_of(parameters_, [&](const ServiceParameter& parameter) {
    return parameter.service == service.key() && parameter.name == name;
  });
}

Result<Parameters> PostfixServices::values(const Service& service,
                                           const std::vector<std::string>& names) const {
  auto found = mta_->parameters(names, own_settings(service));
  if (!found) return found;
  for (const auto& name : names) found->try_emplace(name);
  return found;
}

Result<std::string> PostfixServices::value(const Service& service, const std::string& name) const {
  return values(service, {name}).map([&](const Parameters& found) { return found.at(name); });
}

bool PostfixServices::is_chrooted(const Service& service) const {
  return service.chroot == "y" || (service.chroot == "-" && dash_means_chroot_);
}

bool PostfixServices::reaches(const Service& service, const std::string& address,
                              const Listen& listen) const {
  return leads_to(address, listen, queue_directory_, is_chrooted(service));
}

}  // namespace pams::milter::mta
