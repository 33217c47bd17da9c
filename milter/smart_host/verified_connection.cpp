#include "milter/smart_host/verified_connection.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "milter/smart_host/smart_host_session.hpp"
#include "milter/smart_host/tls_proof.hpp"

namespace pams::milter::smart_host {

namespace {

/// Why one address is not it.
struct Obstacle {
  std::string_view stage;
  std::string reason;
  std::string address;
};

/// One address to try.
struct Attempt {
  const rules::OutboundConnector& connector;
  const rules::SmartHost& host;
  const SocketAddress& address;
  const VerifiedConnection::Settings& settings;
  Deadline deadline;
  std::chrono::steady_clock::duration timeout;  ///< with the connection, and with each stage
};

/// It cannot be reached, in contrast to one that says or shows the wrong thing.
bool is_silent(const Obstacle& obstacle) { return obstacle.stage == "connect" || obstacle.stage == "ehlo"; }

std::optional<Obstacle> run_stages(SmartHostSession& session, const std::string& address) {
  for (const auto& [name, run] : kSmartHostStages)
    if (auto outcome = (session.*run)(); outcome.status == StageStatus::Fail)
      return Obstacle{name, std::move(outcome.reason), address};
  return std::nullopt;
}

/// "smtp.zivver.com:25: ehlo: no greeting: ... (192.0.2.2); 192.0.2.1: connect: Connection refused"
std::string in_one_line(const rules::SmartHost& host, const std::vector<Obstacle>& obstacles) {
  const auto& last = obstacles.back();
  auto out = host.address() + ": " + std::string(last.stage) + ": " + last.reason;
  if (!last.address.empty()) out += " (" + last.address + ")";
  for (std::size_t i = 0; i + 1 < obstacles.size(); ++i)
    out += "; " + obstacles[i].address + ": " + std::string(obstacles[i].stage) + ": " + obstacles[i].reason;
  return out;
}

Peer peer_of(const rules::SmartHost& host, const SocketAddress& address, const SSL* tls, bool verified) {
  return {.host = host.address(),
          .address = address.text,
          .protocol = SSL_get_version(tls),
          .cipher = SSL_get_cipher_name(tls),
          .certificate = certificate_digest(tls),
          .certificate_names = certificate_names(tls),
          .verified = verified};
}

}  // namespace

struct VerifiedConnection::State {
  SmtpConnection connection;
  SmtpFeatures features;
  Peer peer;
  bool broken = false;

  static tl::expected<std::unique_ptr<State>, Obstacle> reach(const Attempt& attempt);

  /// One step of the conversation. Its failure is that of all later ones.
  template <class Step>
  auto take(Step step) -> decltype(step(connection)) {
    if (broken) return fail(Failure::Temporary, "the connection has failed before");
    broken = true;  // also when the step throws
    auto outcome = step(connection);
    broken = !outcome.has_value();
    return outcome;
  }
};

tl::expected<std::unique_ptr<VerifiedConnection::State>, Obstacle> VerifiedConnection::State::reach(
    const Attempt& attempt) {
  const auto& [connector, host, address, settings, deadline, timeout] = attempt;
  auto connected =
      SmtpConnection::connect(address, std::chrono::steady_clock::now() + timeout, settings.cancellation);
  if (!connected) return tl::unexpected(Obstacle{"connect", connected.error().what, address.text});
  SmartHostSession session(connector, host, {settings.helo_name, settings.password, deadline, timeout},
                           std::move(*connected));
  if (auto obstacle = run_stages(session, address.text)) return tl::unexpected(std::move(*obstacle));
  const bool verified = session.verified();
  if (!verified && connector.tls_settings != rules::TlsSettings::EncryptionOnly)
    throw std::logic_error("a smart host without proof passed the stages");
  auto connection = session.take_connection();
  auto peer = peer_of(host, address, connection.tls(), verified);
  return std::make_unique<State>(State{std::move(connection), session.features(), std::move(peer)});
}

Result<VerifiedConnection> VerifiedConnection::open(const rules::OutboundConnector& connector,
                                                    const rules::SmartHost& host, const Settings& settings,
                                                    Deadline deadline) {
  const auto addresses = look_up(host, deadline, settings.cancellation);
  if (!addresses)
    return fail(Failure::Temporary, in_one_line(host, {{"resolve", addresses.error().what, ""}}));
  return open(connector, host, *addresses, settings, deadline);
}

Result<VerifiedConnection> VerifiedConnection::open(const rules::OutboundConnector& connector,
                                                    const rules::SmartHost& host,
                                                    const std::vector<SocketAddress>& addresses,
                                                    const Settings& settings, Deadline deadline) {
  const auto count = std::min(addresses.size(), kMaxSmartHostAddresses);
  std::vector<Obstacle> obstacles;
  if (count == 0) obstacles.push_back({"resolve", "it has no address", ""});
  for (std::size_t i = 0; i < count; ++i) {
    const auto left = deadline - std::chrono::steady_clock::now();
    auto state = State::reach({connector, host, addresses[i], settings, deadline,
                               left / static_cast<std::chrono::steady_clock::rep>(count - i)});
    if (state) return VerifiedConnection(std::move(*state));
    obstacles.push_back(std::move(state.error()));
    if (!is_silent(obstacles.back())) break;
  }
  return fail(Failure::Temporary, in_one_line(host, obstacles));
}

VerifiedConnection::VerifiedConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
VerifiedConnection::VerifiedConnection(VerifiedConnection&&) noexcept = default;
VerifiedConnection& VerifiedConnection::operator=(VerifiedConnection&&) noexcept = default;
VerifiedConnection::~VerifiedConnection() = default;

const Peer& VerifiedConnection::peer() const { return state_->peer; }

bool VerifiedConnection::offers(std::string_view keyword) const {
  return state_->features.offered(keyword).has_value();
}

std::uint64_t VerifiedConnection::size_limit() const { return state_->features.size_limit(); }

void VerifiedConnection::cancel_on(const Cancellation& cancellation) {
  state_->connection.cancel_on(cancellation);
}

Result<SmtpReply> VerifiedConnection::command(std::string_view line, Deadline deadline) {
  return state_->take([&](SmtpConnection& connection) { return connection.command(line, deadline); });
}

Status VerifiedConnection::send(std::string_view bytes, Deadline deadline) {
  return state_->take([&](SmtpConnection& connection) { return connection.send(bytes, deadline); });
}

Result<SmtpReply> VerifiedConnection::read_reply(Deadline deadline) {
  return state_->take([&](SmtpConnection& connection) { return connection.read_reply(deadline); });
}

int VerifiedConnection::descriptor() const { return state_->connection.descriptor(); }

bool VerifiedConnection::is_usable() { return !state_->broken && state_->connection.is_idle(); }

void VerifiedConnection::quit(Deadline deadline) {
  static_cast<void>(command("QUIT", deadline));
  state_->broken = true;
}

}  // namespace pams::milter::smart_host
