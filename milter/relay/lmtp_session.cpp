#include "milter/relay/lmtp_session.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include <poll.h>
#include <unistd.h>

#include "milter/log/log.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::relay {
namespace {

using std::chrono::seconds;

constexpr seconds kForACommand(300);
constexpr seconds kForAPiece(300);
constexpr seconds kToBeHeard(300);
constexpr std::size_t kLongestCommand = 4096;
constexpr std::size_t kMaximumReplies = 4096;  // bytes, before they are written
constexpr std::size_t kMaximumRecipientBytes = 4U << 20U;
constexpr unsigned kMaximumMistakes = 20;
constexpr std::uint64_t kCarrierExtra = 2U << 20U;
/// The milter looked at the size before it sealed: so max_message_size was lowered since, and may be raised.
const Answer kTooLarge{452, "4.3.1", "larger than any message that a connector takes (max_message_size)"};

smart_host::Deadline in(seconds timeout) { return std::chrono::steady_clock::now() + timeout; }

std::string own_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != 0 ? name.data() : "localhost";
}

/// What the MTA calls itself is what the smart host heard before there was a relay.
std::string helo_name(const std::string& given) {
  const bool is_name = !given.empty() && given.size() <= 255 && std::ranges::all_of(given, [](char c) {
    return text::is_alnum(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
  });
  return is_name ? given : own_name();
}

bool known_parameters(const PathArgument& path, std::initializer_list<std::string_view> known) {
  return std::ranges::all_of(path.parameters, [&](const auto& one) {
    return std::ranges::find(known, std::string_view(one.first)) != known.end();
  });
}

std::string words_of(const PathArgument& path) {
  std::string words;
  for (const auto& [keyword, value] : path.parameters)
    words.append(words.empty() ? "" : " ").append(keyword).append("=").append(value);
  return words;
}

}  // namespace

std::uint64_t carrier_limit(const Config& config) {
  std::uint64_t largest = 0;
  for (const auto& connector : config.policy.connectors)
    largest = std::max(largest, connector.max_message_size);
  return largest + largest / 5 * 2 + kCarrierExtra;
}

void LmtpSession::run() {
  reply("220 " + own_name() + " LMTP pams-relay");
  while (one_command() == Next::GoOn) {
  }
  flush();
}

LmtpSession::Next LmtpSession::one_command() {
  if (wire_.unread().find("\r\n") == std::string_view::npos && !flush()) return Next::End;
  wire_.watch(stop_, POLLIN);
  const auto line = wire_.read_line(in(kForACommand), kLongestCommand);
  wire_.watch(-1, 0);
  if (line.outcome != LineConnection::IoResult::Done) return ended(line.outcome);
  const auto command = parse_command(line.text);
  if (!command)
    mistake("451 4.5.2 bytes that no command may hold");
  else if (const auto next = obey(*command); next == Next::End)
    return next;
  if (replies_.size() >= kMaximumReplies && !flush()) return Next::End;
  return mistakes_ > kMaximumMistakes ? too_many_mistakes() : Next::GoOn;
}

LmtpSession::Next LmtpSession::ended(LineConnection::IoResult outcome) {
  if (outcome == LineConnection::IoResult::Watched) reply("421 4.3.2 pams-relay is stopping");
  if (outcome == LineConnection::IoResult::TimedOut) reply("421 4.4.2 nothing was said for too long");
  if (outcome == LineConnection::IoResult::TooLong) reply("421 4.5.2 a line without an end");
  return Next::End;
}

LmtpSession::Next LmtpSession::too_many_mistakes() {
  reply("421 4.7.0 too many mistakes");
  return Next::End;
}

LmtpSession::Next LmtpSession::obey(const LmtpCommand& command) {
  const auto& verb = command.verb;
  if (verb == "LHLO") {
    hello(command);
  } else if (verb == "MAIL") {
    mail(command);
  } else if (verb == "RCPT") {
    recipient(command);
  } else if (verb == "DATA") {
    return data();
  } else if (verb == "RSET") {
    reset();
    reply("250 2.0.0 ok");
  } else if (verb == "NOOP") {
    reply("250 2.0.0 ok");
  } else if (verb == "VRFY") {
    reply("252 2.5.2 only the seal knows");
  } else if (verb == "QUIT") {
    reply("221 2.0.0 bye");
    return Next::End;
  } else {
    mistake("451 4.5.1 not a command of LMTP");
  }
  return Next::GoOn;
}

void LmtpSession::hello(const LmtpCommand& command) {
  if (command.rest.empty()) return mistake("451 4.5.4 LHLO needs a name");
  reset();
  has_greeted_ = true;
  asked_.client.helo_name = helo_name(command.rest);
  asked_.client.cancellation = {stop_, wire_.descriptor()};
  reply("250-" + own_name());
  for (const auto* word : {"PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"})
    reply("250-" + std::string(word));
  reply("250 SIZE");  // with a number, Postfix would bounce what is larger, though a connector may be changed
}

void LmtpSession::mail(const LmtpCommand& command) {
  if (!has_greeted_) return mistake("451 4.5.1 LHLO first");
  if (has_sender_) return mistake("451 4.5.1 one MAIL a message");
  const auto path = parse_path(command.rest, "FROM:");
  if (!path) return mistake("451 4.5.4 MAIL FROM:<address>");
  if (!known_parameters(*path, {"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"}))
    return mistake("451 4.5.4 a parameter of MAIL that was not offered");
  config_ = services_.config();
  std::uint64_t size = 0;
  const auto said = path->parameter("SIZE");
  std::from_chars(said.data(), said.data() + said.size(), size);
  if (size > carrier_limit(*config_)) return reply(kTooLarge.line());
  // Whose it is stands in the seal.
  if (path->has("ENVID")) asked_.envelope_id = "ENVID=" + std::string(path->parameter("ENVID"));
  asked_.is_utf8 = path->has("SMTPUTF8");
  has_sender_ = true;
  reply("250 2.1.0 ok");
}

void LmtpSession::recipient(const LmtpCommand& command) {
  if (!has_sender_) return mistake("451 4.5.1 MAIL first");
  const auto path = parse_path(command.rest, "TO:");
  if (!path || path->address.empty()) return mistake("451 4.5.4 RCPT TO:<address>");
  if (!known_parameters(*path, {"NOTIFY", "ORCPT"}))
    return mistake("451 4.5.4 a parameter of RCPT that was not offered");
  if (!may_take(*path)) return reply("452 4.5.3 too many recipients");
  asked_.recipients.push_back({path->address, original_recipient(path->parameter("ORCPT")), words_of(*path)});
  reply("250 2.1.5 ok");
}

bool LmtpSession::may_take(const PathArgument& path) {
  recipient_bytes_ += path.address.size() + path.parameter("ORCPT").size() + words_of(path).size();
  return asked_.recipients.size() < config_->policy.limits.recipients &&
         recipient_bytes_ <= kMaximumRecipientBytes;
}

LmtpSession::Next LmtpSession::data() {
  if (asked_.recipients.empty()) {
    mistake("451 4.5.1 MAIL and RCPT first");
    return Next::GoOn;
  }
  const auto keys = services_.keys(*config_);
  if (!keys) {
    log::write(log::relay_key_missing, {{"reason", keys.error().what}});
    reply("451 4.3.5 the key file seal.key cannot be read");
    reset();
    return Next::GoOn;
  }
  reply("354 end with a dot on a line of its own");
  if (!flush()) return Next::End;
  Delivery delivery(services_, config_, *keys, asked_);
  return receive(delivery);
}

LmtpSession::Next LmtpSession::receive(Delivery& delivery) {
  const auto limit = carrier_limit(*config_);
  std::uint64_t size = 0;
  DotReader dots;
  while (!dots.has_ended()) {
    if (wire_.unread().empty()) {
      wire_.watch(stop_, POLLIN);
      const auto filled = wire_.fill(in(kForAPiece));
      wire_.watch(-1, 0);
      if (filled != LineConnection::IoResult::Done) return ended(filled);
    }
    const auto used = dots.read(wire_.unread(), [&](std::string_view bytes) -> Status {
      size += bytes.size();
      if (size <= limit) delivery.add(bytes);
      return {};
    });
    wire_.take(used.value());
  }
  const auto answers = size <= limit ? delivery.finish() : delivery.refuse(kTooLarge);
  for (const auto& answer : answers) {
    reply(answer.line());
    if (replies_.size() >= kMaximumReplies && !flush()) return Next::End;
  }
  reset();
  return Next::GoOn;
}

void LmtpSession::reset() {
  has_sender_ = false;
  recipient_bytes_ = 0;
  config_.reset();
  asked_.recipients.clear();
  asked_.envelope_id.clear();
  asked_.is_utf8 = false;
}

void LmtpSession::reply(std::string line) { replies_ += std::move(line) + "\r\n"; }

void LmtpSession::mistake(std::string line) {
  ++mistakes_;
  reply(std::move(line));
}

bool LmtpSession::flush() {
  const auto sent = wire_.send(replies_, in(kToBeHeard));
  replies_.clear();
  return sent == LineConnection::IoResult::Done;
}

}  // namespace pams::milter::relay
