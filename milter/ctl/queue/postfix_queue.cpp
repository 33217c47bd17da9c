#include "milter/ctl/queue/postfix_queue.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "milter/mta/postfix/queued_mail.hpp"
#include "milter/mta/process.hpp"
#include "milter/seal/carrier.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxOutput = 1U << 30U;
constexpr int kMaxTries = 3;
constexpr auto kTimeout = std::chrono::minutes(2);
/// The marker of a gateway from before mail was sealed.
constexpr std::string_view kFormerMarker = "X-PAMS-Route";

QueuedMessage to_message(const json& entry) {
  QueuedMessage message;
  message.id = entry.value("queue_id", "");
  message.queue = entry.value("queue_name", "");
  message.since =
      std::chrono::sys_seconds(std::chrono::seconds(entry.value("arrival_time", std::int64_t{0})));
  message.sender = entry.value("sender", "");
  for (const auto& recipient : entry.value("recipients", json::array())) {
    message.recipients.push_back(recipient.value("address", ""));
    if (message.reason.empty()) message.reason = recipient.value("delay_reason", "");
  }
  return message;
}

/// postqueue -j: one object a line.
Result<std::vector<QueuedMessage>> to_messages(std::string_view listing) {
  std::vector<QueuedMessage> messages;
  for (const auto line : text::split(listing, '\n')) {
    if (text::trim(line).empty()) continue;
    const auto entry = json::parse(line, nullptr, false);
    if (!entry.is_object())
      return fail(Failure::Temporary, "postqueue -j printed: " + text::printable(line, 100));
    try {
      messages.push_back(to_message(entry));
    } catch (const json::exception& problem) {
      return fail(Failure::Temporary, std::string("postqueue -j: ") + problem.what());
    }
  }
  return messages;
}

}  // namespace

Result<std::string> PostfixQueue::ask(const std::string& program, const std::vector<std::string>& arguments,
                                      std::string_view input) const {
  std::vector<std::string> argv{mta::find_program(program)};
  if (argv[0].empty()) return fail(Failure::Misconfigured, program + " is not found: is Postfix installed?");
  argv.insert(argv.end(), {"-c", postfix_.config_directory()});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto finished = mta::run_process(
      argv, {"MAIL_CONFIG=" + postfix_.config_directory(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"},
      kTimeout, input, kMaxOutput);
  if (!finished) return tl::unexpected(finished.error());
  if (finished->exit_code == 0) return std::move(finished->output);
  return fail(Failure::Temporary, program + " ended with " + std::to_string(finished->exit_code) + ": " +
                                      text::printable(text::trim(finished->errors), 200));
}

/// nullopt when the message has gone meanwhile.
Result<std::optional<std::string>> PostfixQueue::header_of(const std::string& id) const {
  auto header = ask("postcat", {"-h", "-q", id});
  for (int tries = 1; !header && tries < kMaxTries; ++tries)  // it was moved from one queue to another
    header = ask("postcat", {"-h", "-q", id});
  if (!header && header.error().what.find("No such file") != std::string::npos) return std::nullopt;
  if (!header) return tl::unexpected(header.error());
  return std::move(*header);
}

Result<std::vector<QueuedMessage>> PostfixQueue::all() const {
  return ask("postqueue", {"-j"}).and_then(to_messages);
}

Result<FlaggedQueue> PostfixQueue::list() const {
  const auto messages = all();
  if (!messages) return tl::unexpected(messages.error());
  FlaggedQueue out;
  std::set<std::string> known;  // postqueue tells one twice that is moved to another queue meanwhile
  for (const auto& message : *messages) {
    if (message.queue == "maildrop" || !known.insert(message.id).second) continue;
    const auto header = header_of(message.id);
    if (!header) return tl::unexpected(header.error());
    if (!*header) continue;
    // A carrier has no flag: what has one is not sealed, whatever else it says of itself.
    if (mta::has_field(**header, flag_))
      out.unsealed.push_back(message);
    else if (mta::has_field(**header, seal::kSealedHeader))
      out.sealed.push_back(message);
  }
  return out;
}

Result<std::size_t> PostfixQueue::hold(const std::vector<QueuedMessage>& messages) const {
  std::set<std::string> ids;
  for (const auto& message : messages) ids.insert(message.id);
  std::string lines;
  for (const auto& id : ids) lines += id + "\n";
  if (const auto held = ask("postsuper", {"-h", "-", "deferred"}, lines); !held)
    return tl::unexpected(held.error());
  const auto now = all();
  if (!now) return tl::unexpected(now.error());
  std::set<std::string> held;
  for (const auto& message : *now)
    if (message.queue == "hold" && ids.contains(message.id)) held.insert(message.id);
  return held.size();
}

Status PostfixQueue::submit_again(const std::string& id) const {
  const auto shown = ask("postcat", {"-e", "-d", "-q", id});
  if (!shown) return tl::unexpected(shown.error());
  const auto envelope = mta::parse_envelope(*shown);
  if (!envelope) return tl::unexpected(envelope.error());
  if (!envelope->on_hold) return fail(Failure::Temporary, "it is being delivered and cannot be put on hold");
  if (envelope->recipients.empty()) return fail(Failure::Refused, "no recipient is left");
  const auto content = ask("postcat", {"-b", "-h", "-q", id});
  if (!content) return tl::unexpected(content.error());
  if (!mta::has_field(*content, flag_)) return fail(Failure::Refused, "it is not flagged");
  return ask("postdrop", {"-r"}, mta::to_postdrop(*envelope, mta::without_field(*content, kFormerMarker)))
      .map([](const std::string&) {});
}

Status PostfixQueue::send_now(const QueuedMessage& message) const {
  if (message.state() == QueuedMessage::State::OnHold)
    if (const auto released = ask("postsuper", {"-H", message.id}); !released)
      return tl::unexpected(released.error());
  return ask("postqueue", {"-i", message.id}).map([](const std::string&) {});
}

Status PostfixQueue::release(const std::string& id) const {
  if (const auto held = ask("postsuper", {"-h", id}); !held) return tl::unexpected(held.error());
  if (const auto submitted = submit_again(id); !submitted)
    return fail(submitted.error().failure,
                "not submitted again, it stays on hold: " + submitted.error().what);
  if (const auto deleted = ask("postsuper", {"-d", id}); !deleted)
    return fail(Failure::Temporary, "submitted again, but the original stays on hold; delete it by hand: " +
                                        deleted.error().what);
  return {};
}

}  // namespace pams::milter::ctl
