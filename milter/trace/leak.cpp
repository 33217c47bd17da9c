#include "milter/trace/leak.hpp"

#include <algorithm>
#include <array>

#include "milter/trace/postfix_log.hpp"
#include "milter/trace/relay_facts.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

/// "127.0.0.1:25" of "127.0.0.1[127.0.0.1]:25".
std::string host_and_port(std::string_view relay) {
  const auto open = relay.find('[');
  const auto close = relay.rfind(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::string(relay);
  return std::string(relay.substr(0, open)) + std::string(relay.substr(close + 1));
}

bool is_smart_host(const Route& route, std::string_view relay) {
  const auto reached = host_and_port(relay);
  for (std::string_view host : route.smart_hosts) {
    if (text::istarts_with(host, "ipv6:")) host.remove_prefix(5);
    if (text::iequals(host, reached)) return true;
  }
  return false;
}

/// A unix socket, "gateway.example.org[pams-milter/relay.sock]", or a port on loopback,
/// "127.0.0.1[127.0.0.1]:2500".
bool is_on_this_machine(std::string_view relay) {
  const auto open = relay.rfind('[');
  if (open == std::string_view::npos) return false;
  const auto place = relay.substr(open + 1);
  return place.starts_with("127.") || place.starts_with("::1]") || place.find('/') != std::string_view::npos;
}

bool reached_somebody(const ToldEvent& attempt) {
  return !attempt.service.empty() && !attempt.relay.empty() && attempt.relay != "none";
}

std::string had_it(const ToldEvent& attempt) {
  return attempt.service + " had it for " + attempt.relay + " (" + attempt.result + ")";
}

bool is_way_to_relay(const Route& route, const ToldEvent& attempt) {
  return !route.transport.empty() && transport_of(attempt.service) == route.transport &&
         program_of(attempt.service) == "lmtp" && is_on_this_machine(attempt.relay);
}

class Judge {
 public:
  explicit Judge(const Watched& message) : message_(message) {}

  void judge(const ToldEvent& event) {
    if (!message_.seals.empty()) return judge_carrier(event);
    if (!message_.had_to_be_sealed) {
      if (auto why = why_leak(message_.route, event)) add(Leak::Kind::Leak, event, std::move(*why));
      return;
    }
    if (reached_somebody(event)) add(Leak::Kind::Leak, event, "it was not sealed: " + had_it(event));
    // Of what the guard rules kept a notice holds the header, as of every message (bounce_size_limit,
    // doctor's check bounces).
    if (event.kind == to_string(EventKind::Notice) && message_.was_seen_by_milter)
      add(Leak::Kind::Leak, event, "it was not sealed, and a notice may hold it: " + event.text);
  }

  void judge(const RelayDelivery& delivery) {
    if (delivery.result == RelayDelivery::Result::Dropped || delivery.verified || delivery.host.empty())
      return;
    const auto result = std::string(to_string(delivery.result));
    add(Leak::Kind::Unverified, {delivery.time, delivery.recipient},
        "the relay reached " + shown_relay(delivery) + ", which had not proved who it is (" + result + ")");
  }

  std::vector<Leak> take() { return std::move(leaks_); }

 private:
  struct Occasion {
    Instant time;
    std::string recipient;
  };

  void judge_carrier(const ToldEvent& event) {
    if (!reached_somebody(event)) return;
    if (!is_way_to_relay(message_.route, event)) {
      add(Leak::Kind::Carrier, event, "the carrier (sealed) went elsewhere: " + had_it(event));
    } else if (event.result == "sent" && !relay_took_it()) {
      add(Leak::Kind::Unknown, event, "sent, but the relay knows nothing of it: " + had_it(event));
    }
  }

  /// It writes down what it sent before it says so to the MTA.
  bool relay_took_it() const {
    return std::ranges::any_of(message_.deliveries,
                               [](const auto& one) { return one.result != RelayDelivery::Result::Failed; });
  }

  void add(Leak::Kind kind, const ToldEvent& event, std::string why) {
    add(kind, Occasion{event.time, event.recipient}, std::move(why));
  }
  void add(Leak::Kind kind, const Occasion& occasion, std::string why) {
    leaks_.push_back({message_.id, message_.queue_id, message_.message_id, message_.subject, message_.sender,
                      occasion.recipient, std::move(why), occasion.time, kind});
  }

  const Watched& message_;
  std::vector<Leak> leaks_;
};

}  // namespace

std::string_view to_string(Leak::Kind kind) {
  constexpr std::array<std::string_view, 4> kNames{"LEAK", "carrier", "unverified", "unknown"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<Leak> leaks_of(const Watched& message) {
  Judge judge(message);
  for (const auto& event : message.events) judge.judge(event);
  for (const auto& delivery : message.deliveries) judge.judge(delivery);
  return judge.take();
}

std::optional<std::string> why_leak(const Route& route, const ToldEvent& attempt) {
  if (!reached_somebody(attempt)) return std::nullopt;
  if (transport_of(attempt.service) != route.transport) return had_it(attempt);
  if (!is_smart_host(route, attempt.relay))
    return attempt.relay + " is no smart host of its connector (" + attempt.result + ")";
  if (attempt.result == "sent" && !attempt.tls.empty() && !attempt.tls.starts_with("Verified "))
    return "sent over TLS that was not verified (" + attempt.tls + ")";
  return std::nullopt;
}

}  // namespace pams::milter::trace
