#include "milter/smart_host/smart_host_probe.hpp"

#include <algorithm>
#include <csignal>
#include <future>

#include "milter/smart_host/smart_host_session.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::smart_host {
namespace {

using std::chrono::seconds;

constexpr seconds kLookUp{10};
constexpr seconds kConnect{5};
// RFC 5321 4.5.3.2 grants minutes; a smart host that needs more than this is not fit for use either.
constexpr seconds kTimeout{10};

bool is_about_certificate(std::string_view stage) {
  return stage == "chain" || stage == "name" || stage == "expiry";
}

/// The stages after connect. The three about the certificate are all told when there is one; every other
/// needs all before it.
std::vector<StageReport> run_stages(SmartHostSession& session) {
  std::vector<StageReport> reports;
  std::string_view failed;
  for (const auto& [name, run] : kSmartHostStages) {
    const bool reached = failed.empty() || (is_about_certificate(name) && is_about_certificate(failed));
    const auto [status, reason] =
        reached ? (session.*run)()
                : SmartHostSession::StageResult{StageStatus::Skipped,
                                                "not reached: " + std::string(failed) + " failed"};
    reports.push_back({name, status, reason});
    if (status == StageStatus::Fail && failed.empty()) failed = name;
  }
  return reports;
}

bool any_failed(const std::vector<StageReport>& stages) {
  return std::ranges::any_of(stages, [](const auto& stage) { return stage.status == StageStatus::Fail; });
}

class Probe {
 public:
  Probe(const rules::OutboundConnector& connector, const rules::SmartHost& host,
        const ProbeSettings& settings)
      : connector_(connector), host_(host), settings_(settings) {
    report_.host = host.address();
  }

  SmartHostReport run() {
    const auto addresses = look_up(host_, within(kLookUp));
    if (!addresses) {
      report_.stages.push_back({"resolve", StageStatus::Fail, host_.name + ": " + addresses.error().what});
      return unreached("resolve");
    }
    report_.stages.push_back({"resolve", StageStatus::Ok, listed(*addresses)});
    for (std::size_t i = 0; i < addresses->size() && i < kMaxSmartHostAddresses; ++i)
      if (!try_address((*addresses)[i])) break;
    return finish();
  }

 private:
  Deadline within(seconds timeout) const {
    return std::min(settings_.deadline, std::chrono::steady_clock::now() + timeout);
  }

  static std::string listed(const std::vector<SocketAddress>& addresses) {
    std::vector<std::string> texts;
    for (const auto& address : addresses) texts.push_back(address.text);
    return text::join(texts, ", ");
  }

  /// A message may leave by any address of the name, so each that answers must be in order. False when
  /// the first fault is found.
  bool try_address(const SocketAddress& address) {
    auto connection = SmtpConnection::connect(address, within(kConnect));
    if (!connection) {
      silent_.push_back(address.text + ": " + connection.error().what);
      return true;
    }
    SmartHostSession session(
        connector_, host_,
        {settings_.helo_name, settings_.password, settings_.deadline, kTimeout, connector_.max_message_size},
        std::move(*connection));
    stages_ = run_stages(session);
    session.quit();
    answered_.push_back(address.text);
    return !any_failed(stages_);
  }

  SmartHostReport finish() {
    if (answered_.empty()) {
      report_.stages.push_back(
          {"connect", StageStatus::Fail,
           text::join(silent_, "; ") + "; is port " + std::to_string(host_.port) + " open from here?"});
      return unreached("connect");
    }
    // After a fault the stages are those of the address that has it: the last one.
    const auto& who = any_failed(stages_) ? std::vector{answered_.back()} : answered_;
    auto reason = "connected to " + text::join(who, ", ");
    if (!silent_.empty()) reason += "; not to " + text::join(silent_, "; ");
    report_.stages.push_back({"connect", StageStatus::Ok, reason});
    report_.stages.insert(report_.stages.end(), stages_.begin(), stages_.end());
    return report_;
  }

  SmartHostReport unreached(const std::string& failed) {
    if (failed == "resolve")
      report_.stages.push_back({"connect", StageStatus::Skipped, "not reached: resolve failed"});
    for (const auto& stage : kSmartHostStages)
      report_.stages.push_back({stage.name, StageStatus::Skipped, "not reached: " + failed + " failed"});
    return report_;
  }

  const rules::OutboundConnector& connector_;
  const rules::SmartHost& host_;
  const ProbeSettings& settings_;
  SmartHostReport report_;
  std::vector<std::string> answered_, silent_;
  std::vector<StageReport> stages_;
};

/// OpenSSL writes without MSG_NOSIGNAL. Holds for this thread, which ends with the probe.
void block_broken_pipe_signal() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

bool SmartHostReport::ok() const { return !any_failed(stages); }

std::vector<SmartHostReport> probe_smart_hosts(const rules::OutboundConnector& connector,
                                               const ProbeSettings& settings) {
  std::vector<std::future<SmartHostReport>> asked;
  for (const auto& host : connector.smart_hosts)
    asked.push_back(std::async(std::launch::async, [&] {
      block_broken_pipe_signal();
      return Probe(connector, host, settings).run();
    }));
  std::vector<SmartHostReport> reports;
  for (auto& one : asked) reports.push_back(one.get());
  return reports;
}

}  // namespace pams::milter::smart_host
