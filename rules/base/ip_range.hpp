/// A range of IP addresses: one, a network, or first-last. IPv4 and IPv6; a mapped IPv6 address
/// (::ffff:192.0.2.1) counts as IPv4. Host bits in a network may be set (192.168.0.1/25), as Exchange allows.
/// Values; any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pams {

/// 16 bytes in network order; IPv4 as ::ffff:a.b.c.d, so that both kinds compare in one space.
using IpAddress = std::array<unsigned char, 16>;

/// "192.0.2.1", "2001:db8::1", "[::1]", "IPv6:::1" (as MTAs write it).
std::optional<IpAddress> parse_ip(std::string_view text);

class IpRange {
 public:
  static std::optional<IpRange> parse(std::string_view text);
  bool contains(const IpAddress& address) const { return first_ <= address && address <= last_; }
  bool overlaps(const IpRange& other) const { return first_ <= other.last_ && other.first_ <= last_; }

 private:
  IpRange(const IpAddress& first, const IpAddress& last) : first_(first), last_(last) {}
  IpAddress first_;
  IpAddress last_;
};

}  // namespace pams
