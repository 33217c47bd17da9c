#include "milter/ctl/connector/test_message.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include <re2/re2.h>

#include "milter/mta/process.hpp"
#include "milter/trace/log_source.hpp"
#include "milter/trace/postfix_log.hpp"
#include "rules/base/overloaded.hpp"
#include "rules/base/text.hpp"
#include "rules/message/compose.hpp"

namespace pams::milter::ctl {
namespace {

using namespace std::chrono_literals;

/// The value of the flag. Zivver does not know it, and may refuse the message: that is an answer too.
constexpr const char* kFlagValue = "pams-milter-test.example";
constexpr auto kLogPause = 100ms;

std::string random_name() {
  std::random_device random;
  std::string name = "pams-test-";
  for (int i = 0; i < 16; ++i) name += "0123456789abcdef"[random() % 16];
  return name;
}

/// "*.example.org" stands for hosts below it; the domain itself must do.
std::string sender_of(const Config& config) {
  const auto& domains = config.policy.organization.accepted_domains;
  const std::string domain = domains.empty() ? "localhost" : domains.front();
  return "postmaster@" + (domain.starts_with("*.") ? domain.substr(2) : domain);
}

std::string message_text(const Config& config, const std::string& recipient, const std::string& name) {
  const auto sender = sender_of(config);
  const NewMail mail{
      .from = sender,
      .to = recipient,
      .subject = "Test of the secure mail gateway",
      .date = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
      .message_id = name + "@" + sender.substr(sender.find('@') + 1),
      .fields = {{config.policy.pams.header, std::string(" ") + kFlagValue}},
      .text =
          "`pamsctl connector validate --send-to` sent this message to see whether flagged mail\r\n"
          "reaches the smart host. You can delete it.\r\n"};
  return text::replace_all(compose(mail), "\r\n", "\n");  // as local programs give mail to sendmail
}

trace::Instant now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// What the log says about one message, line by line.
class Follower {
 public:
  explicit Follower(std::string name) : name_("message-id=<" + std::move(name) + "@") {}

  void read(const trace::LogEntry& entry) {
    note_queue_id(entry.message);
    if (queue_id_.empty()) return;
    if (const auto fact = trace::read_postfix(entry.service, entry.message))
      std::visit(overloaded{[this](const trace::Attempt& attempt) { note(attempt); },
                            [this](const trace::Queue& queue) { note(queue); },
                            [](const trace::TlsEstablished&) {}, [](const trace::Requeued&) {},
                            [](const trace::SomeDeleted&) {}, [](const trace::MessageIdSeen&) {}},
                 *fact);
  }

  const std::optional<trace::Attempt>& attempt() const { return attempt_; }
  const std::string& refusal() const { return refusal_; }
  const std::string& queue_id() const { return queue_id_; }

 private:
  /// cleanup: "4XyZ: message-id=<...>". Nobody else knows the name yet.
  void note_queue_id(const std::string& message) {
    const auto colon = message.find(": ");
    if (!queue_id_.empty() || colon == std::string::npos) return;
    if (message.compare(colon + 2, name_.size(), name_) == 0 && trace::is_queue_id(message.substr(0, colon)))
      queue_id_ = message.substr(0, colon);
  }
  void note(const trace::Attempt& attempt) {
    if (attempt.queue_id == queue_id_) attempt_ = attempt;
  }
  void note(const trace::Queue& queue) {
    if (queue.queue_id == queue_id_ && queue.change == trace::QueueChange::Refused) refusal_ = queue.text;
  }

  std::string name_;
  std::string queue_id_;
  std::optional<trace::Attempt> attempt_;
  std::string refusal_;
};

TestDelivery told(const trace::Attempt& attempt) {
  const auto relay = attempt.relay == "none" ? "" : attempt.relay;
  const auto reply = text::printable(attempt.reply);
  if (attempt.result == "sent")
    return {smart_host::StageStatus::Ok, relay,
            "taken by " + relay + " as " + attempt.queue_id + ": " + reply};
  const auto then = attempt.result == "deferred"
                        ? "; it stays in the queue; remove it with: postsuper -d " + attempt.queue_id
                        : std::string();
  return {smart_host::StageStatus::Fail, relay,
          attempt.queue_id + " " + attempt.result + ": " + reply + then};
}

TestDelivery not_told(const Follower& follower, const std::string& log) {
  if (!follower.refusal().empty())
    return {
        smart_host::StageStatus::Fail, "",
        "the gateway did not take it: " + text::printable(follower.refusal()) + "; see pams-milter's log"};
  if (follower.queue_id().empty())
    return {
        smart_host::StageStatus::Fail, "",
        "it was handed over, but " + log +
            " does not mention it in time; is that the MTA's log ([trace] mail_log), and is Postfix running?"};
  return {smart_host::StageStatus::Fail, "",
          follower.queue_id() + " is still under way; look for it with: postqueue -p"};
}

Status submit(const Config& config, const mta::Postfix& postfix, const std::string& recipient,
              const std::string& name, std::chrono::milliseconds timeout) {
  const auto program = mta::find_program("sendmail");
  if (program.empty()) return fail(Failure::Misconfigured, "there is no sendmail program to send with");
  const auto done = mta::run_process(
      {program, "-C", postfix.config_directory(), "-i", "-f", sender_of(config), "--", recipient},
      {"MAIL_CONFIG=" + postfix.config_directory(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, timeout,
      message_text(config, recipient, name));
  if (!done) return tl::unexpected(done.error());
  if (done->exit_code != 0)
    return fail(Failure::Temporary, "sendmail ended with " + std::to_string(done->exit_code) + ": " +
                                        text::printable(text::trim(done->errors)));
  return {};
}

}  // namespace

Status can_test(const Config& config) {
  const auto& pams = config.policy.pams;
  if (!pams.enabled) return fail(Failure::Refused, "[pams] enabled is false: flagged mail is not sent");
  if (pams.pattern && !re2::RE2::PartialMatch(kFlagValue, *pams.pattern))
    return fail(Failure::Refused,
                std::string("[pams] pattern does not match the test message's value '") + kFlagValue + "'");
  return {};
}

TestDelivery send_test_message(const Config& config, const mta::Postfix& postfix,
                               const std::string& recipient, smart_host::Deadline deadline) {
  const auto& path = config.settings.trace.mail_log;
  const auto log = trace::open_log(path, std::nullopt);
  // The first look only finds the end of the log.
  if (const auto begun = log->read(now()); !begun)
    return {smart_host::StageStatus::Fail, "",
            "nothing was sent, for it could not be followed: " + begun.error().what};
  const auto name = random_name();
  Follower follower(name);
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  if (const auto sent = submit(config, postfix, recipient, name, left); !sent)
    return {smart_host::StageStatus::Fail, "", sent.error().what};
  while (std::chrono::steady_clock::now() < deadline) {
    const auto batch = log->read(now());
    if (batch)
      for (const auto& entry : batch->entries) follower.read(entry);
    if (follower.attempt()) return told(*follower.attempt());
    if (!follower.refusal().empty()) break;
    std::this_thread::sleep_for(kLogPause);
  }
  return not_told(follower, path);
}

}  // namespace pams::milter::ctl
