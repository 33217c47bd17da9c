#include "rules/base/ip_range.hpp"

#include <algorithm>
#include <string>

#include <arpa/inet.h>

#include "rules/base/number.hpp"
#include "rules/base/text.hpp"

namespace pams {
namespace {

constexpr IpAddress kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0};

bool is_mapped(const IpAddress& address) {
  return std::equal(kMapped.begin(), kMapped.begin() + 12, address.begin());
}

/// The bits after the first `prefix` all set to `bit`.
IpAddress fill(IpAddress address, unsigned prefix, bool bit) {
  for (unsigned i = prefix; i < 128; ++i) {
    const auto mask = static_cast<unsigned char>(0x80U >> (i % 8));
    auto& byte = address[i / 8];
    byte = static_cast<unsigned char>(bit ? byte | mask : byte & ~mask);
  }
  return address;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text::istarts_with(text, "IPv6:")) text.remove_prefix(5);
  const std::string zero_ended(text);
  auto address = kMapped;
  if (inet_pton(AF_INET, zero_ended.c_str(), address.data() + 12) == 1) return address;
  if (inet_pton(AF_INET6, zero_ended.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  text = text::trim(text);
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = parse_ip(text::trim(text.substr(0, dash)));
    const auto last = parse_ip(text::trim(text.substr(dash + 1)));
    if (!first || !last || *last < *first || is_mapped(*first) != is_mapped(*last)) return std::nullopt;
    return IpRange(*first, *last);
  }
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return IpRange(*address, *address);
  const bool is_ipv4 = is_mapped(*address);
  const auto written = parse_number<unsigned>(text.substr(slash + 1), is_ipv4 ? 32 : 128);
  if (!written) return std::nullopt;
  const auto prefix = *written + (is_ipv4 ? 96 : 0);
  return IpRange(fill(*address, prefix, false), fill(*address, prefix, true));
}

}  // namespace pams
