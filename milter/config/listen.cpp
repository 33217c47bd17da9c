#include "milter/config/listen.hpp"

#include "milter/config/config.hpp"
#include "rules/base/number.hpp"

namespace pams::milter {
namespace {

constexpr std::size_t kLongestSocketPath = 107;  // sun_path holds 108 bytes with its NUL

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

/// "8894@127.0.0.1" (libmilter), "127.0.0.1:8894" (Postfix), "8894".
std::optional<Listen> parse_inet(std::string_view text) {
  const auto at = text.find('@');
  const auto colon = text.rfind(':');
  std::string_view port = text;
  std::string_view host;
  if (at != std::string_view::npos) {
    port = text.substr(0, at);
    host = text.substr(at + 1);
  } else if (colon != std::string_view::npos) {
    port = text.substr(colon + 1);
    host = text.substr(0, colon);
  }
  const auto number = parse_port(port);
  if (!number) return std::nullopt;
  Listen listen;
  listen.host = without_brackets(host);
  listen.port = *number;
  listen.ipv6 = listen.host.find(':') != std::string::npos;
  return listen;
}

}  // namespace

tl::expected<Listen, std::string> parse_listen(std::string_view text) {
  for (const std::string_view prefix : {"unix:", "local:"}) {
    if (!text.starts_with(prefix)) continue;
    Listen listen;
    listen.unix_path = text.substr(prefix.size());
    if (!listen.unix_path.starts_with('/'))
      return tl::unexpected<std::string>("the socket's path must be absolute");
    if (listen.unix_path.size() > kLongestSocketPath)
      return tl::unexpected<std::string>(
          "the socket's path is longer than the 107 bytes that the system allows");
    return listen;
  }
  const auto colon = text.find(':');
  const auto family = text.substr(0, colon);
  if (colon != std::string_view::npos && (family == "inet" || family == "inet6"))
    if (auto listen = parse_inet(text.substr(colon + 1))) {
      listen->ipv6 = listen->ipv6 || family == "inet6";
      return *listen;
    }
  return tl::unexpected("'" + std::string(text) +
                        "' is none of unix:/path/to/socket, inet:PORT@HOST, inet:HOST:PORT");
}

std::string Listen::for_libmilter() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  return (ipv6 ? "inet6:" : "inet:") + std::to_string(port) + (host.empty() ? "" : "@" + host);
}

std::string Listen::for_postfix() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const auto name = host.empty() ? std::string(ipv6 ? "[::1]" : "127.0.0.1") : ipv6 ? "[" + host + "]" : host;
  return "inet:" + name + ":" + std::to_string(port);
}

}  // namespace pams::milter
