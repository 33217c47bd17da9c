#include "milter/trace/postfix_log.hpp"

#include <algorithm>
#include <charconv>

#include "milter/trace/scanner.hpp"
#include "milter/trace/text_limits.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::trace {
namespace {

/// An address and the ">" after it. A ">" within a quoted local part belongs to the address.
std::optional<std::string_view> address(Scanner& scan) {
  const auto text = scan.rest();
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\\') ++i;  // the next one is plain
    if (i < text.size() && text[i] == '>' && !quoted) {
      scan.skip(text.substr(0, i + 1));
      return text.substr(0, i);
    }
  }
  return std::nullopt;
}

/// "to=<a@b>, orig_to=<c>, relay=h[1.2.3.4]:25, conn_use=2, delay=1, delays=1/0/0/0, dsn=2.0.0,
/// status=sent (250 ok)"
std::optional<LogFact> attempt(std::string_view queue_id, Scanner scan) {
  Attempt found{std::string(queue_id), "", "", "", "", ""};
  if (!scan.skip("to=<")) return std::nullopt;
  const auto to = address(scan);
  if (!to) return std::nullopt;
  found.recipient = utf8_cut(*to, kMaxAddress);
  if (scan.skip(", orig_to=<")) {
    const auto original = address(scan);
    if (!original) return std::nullopt;
    found.original_recipient = utf8_cut(*original, kMaxAddress);
  }
  if (!scan.skip(", relay=")) return std::nullopt;
  const auto relay = scan.some([](char c) { return c != ',' && c != ' '; });
  if (!relay || !scan.skip(", ")) return std::nullopt;
  found.relay = utf8_cut(*relay, kMaxAddress);
  const auto is_number = [](char c) { return text::is_digit(c) || c == '.' || c == '/'; };
  if (scan.skip("conn_use=") && !(scan.some(is_number) && scan.skip(", "))) return std::nullopt;
  for (const std::string_view key : {"delay=", "delays=", "dsn="})
    if (!scan.skip(key) || !scan.some(is_number) || !scan.skip(", ")) return std::nullopt;
  const auto result = scan.skip("status=") ? scan.some(text::is_alpha) : std::nullopt;
  if (!result || !scan.skip(" (")) return std::nullopt;
  found.result = *result;
  auto reply = scan.rest();
  if (reply.ends_with(')')) reply.remove_suffix(1);
  found.reply = utf8_cut(reply, kMaxReply);
  return found;
}

/// "Verified TLS connection established to smtp.zivver.com[185.1.2.3]:25: TLSv1.3 with cipher ..."
std::optional<LogFact> tls_established(std::string_view message) {
  for (const std::string_view level : {"Verified", "Trusted", "Untrusted", "Anonymous"}) {
    Scanner scan(message);
    if (!scan.skip(level) || !scan.skip(" TLS connection ")) continue;
    if (!scan.skip("established to ") && !scan.skip("reused to ")) return std::nullopt;
    const auto peer = scan.until(": ");
    const auto protocol = scan.some([](char c) { return c != ' '; });
    if (!peer || !protocol) return std::nullopt;
    return TlsEstablished{utf8_cut(*peer, kMaxAddress), std::string(level), utf8_cut(*protocol, 32)};
  }
  return std::nullopt;
}

std::optional<LogFact> from_queue_manager(std::string_view queue_id, Scanner scan) {
  const std::string id(queue_id);
  if (scan.rest() == "removed") return Queue{id, QueueChange::Removed, ""};
  const auto sender = scan.skip("from=<") ? address(scan) : std::nullopt;
  if (!sender || !scan.skip(", ")) return std::nullopt;
  if (scan.skip("size=") && scan.rest().ends_with("(queue active)")) {
    const auto digits = scan.some(text::is_digit);
    Queue active{id, QueueChange::Active, "", utf8_cut(*sender, kMaxAddress)};
    if (digits) std::from_chars(digits->data(), digits->data() + digits->size(), active.size);
    return active;
  }
  if (scan.skip("status=expired,") || scan.skip("status=force-expired,"))
    return Queue{id, QueueChange::Expired, "its time in the queue was over"};
  return std::nullopt;
}

/// "uid=102 from=<a@b> orig_id=8A3DAA7A068"
std::optional<LogFact> from_pickup(std::string_view queue_id, Scanner scan) {
  if (!scan.skip("uid=") || !scan.some(text::is_digit) || !scan.skip(" from=<") || !address(scan))
    return std::nullopt;
  if (!scan.skip(" orig_id=") || !is_queue_id(scan.rest())) return std::nullopt;
  return Requeued{std::string(queue_id), std::string(scan.rest())};
}

std::optional<LogFact> from_postsuper(std::string_view queue_id, std::string_view text) {
  const std::string id(queue_id);
  if (text == "removed")
    return Queue{id, QueueChange::Deleted, "deleted from the queue by the administrator"};
  if (text == "placed on hold") return Queue{id, QueueChange::Held, "put on hold by the administrator"};
  if (text == "released from hold") return Queue{id, QueueChange::Released, "released from hold"};
  return std::nullopt;
}

/// What milter_header_checks did to a header that a milter had made: "milter-header-reject: header X: y from
/// host[1.2.3.4]; from=<a@b> to=<c@d> proto=ESMTP helo=<x>: 5.7.1 no such header"
std::optional<LogFact> from_header_checks(std::string_view queue_id, Scanner scan) {
  std::optional<QueueChange> change;
  if (scan.skip("reject: header ")) change = QueueChange::Refused;
  if (scan.skip("discard: header ")) change = QueueChange::Discarded;
  if (scan.skip("hold: header ")) change = QueueChange::Held;
  if (!change) return std::nullopt;
  const auto text_at = scan.rest().rfind(">: ");  // the header is anybody's text, and stands in front
  const auto text = text_at == std::string_view::npos ? "" : scan.rest().substr(text_at + 3);
  const bool is_reply = text.starts_with("4.") || text.starts_with("5.");
  if (*change == QueueChange::Refused && !is_reply)
    return Queue{std::string(queue_id), *change, "5.7.1 refused by milter_header_checks"};
  return Queue{std::string(queue_id), *change, utf8_cut(text, kMaxReply)};
}

/// Of `"from=<a@b> to=<c@d> proto=ESMTP ..."`, as far as it goes.
void read_envelope(Scanner scan, Queue& held) {
  if (!scan.skip("from=<")) return;
  const auto sender = address(scan);
  if (!sender) return;
  held.sender = utf8_cut(*sender, kMaxAddress);
  if (!scan.skip(" to=<")) return;
  if (const auto recipient = address(scan)) held.recipient = utf8_cut(*recipient, kMaxAddress);
}

/// What header_checks or body_checks did before a milter could see the message: "hold: header X: y from
/// host[1.2.3.4]; from=<a@b> to=<c@d> proto=ESMTP helo=<x>: text". The line that matched is anybody's text,
/// and so is the name in helo: the envelope is the last that has the form of one.
std::optional<LogFact> from_site_checks(std::string_view queue_id, Scanner scan) {
  if (!scan.skip("hold: header ") && !scan.skip("hold: body ")) return std::nullopt;
  const auto line = scan.rest();
  constexpr std::string_view kEnvelope = "; from=<";
  const auto envelope = line.rfind(kEnvelope);
  const auto text_at = line.rfind(">: ");
  Queue held{std::string(queue_id), QueueChange::HeldUnseen, "by a rule of header_checks or body_checks"};
  if (text_at != std::string_view::npos) held.text = utf8_cut(line.substr(text_at + 3), kMaxReply);
  if (envelope != std::string_view::npos) read_envelope(Scanner(line.substr(envelope + 2)), held);
  return held;
}

/// "milter-reject: END-OF-MESSAGE from host[1.2.3.4]: 5.7.1 refused; from=<a@b> to=<c@d> ..."
std::optional<LogFact> from_cleanup(std::string_view queue_id, Scanner scan) {
  const std::string id(queue_id);
  if (scan.skip("milter-header-")) return from_header_checks(queue_id, scan);
  if (scan.rest().starts_with("hold: ")) return from_site_checks(queue_id, scan);
  if (scan.skip("message-id=")) return MessageIdSeen{id, utf8_cut(scan.rest(), kMaxMessageId)};
  std::optional<QueueChange> change;
  if (scan.skip("milter-reject: ")) change = QueueChange::Refused;
  if (scan.skip("milter-discard: ")) change = QueueChange::Discarded;
  if (scan.skip("milter-hold: ")) change = QueueChange::Held;
  if (!change || !scan.skip("END-OF-MESSAGE from ") || !scan.until("]: ")) return std::nullopt;
  const auto text = scan.until("; from=<");
  return Queue{id, *change, utf8_cut(text.value_or(scan.rest()), kMaxReply)};
}

/// What smtpd(8) answers the client then.
std::optional<LogFact> from_cleanup_warning(std::string_view queue_id, Scanner scan) {
  const std::string id(queue_id);
  if (scan.rest() == "queue file size limit exceeded")
    return Queue{id, QueueChange::Refused, "552 5.3.4 message file too big"};
  if (scan.skip("write queue file: "))
    return Queue{id, QueueChange::Refused, "451 4.3.0 queue file write error"};
  return std::nullopt;
}

/// "sender non-delivery notification: 13549A7A076"
std::optional<LogFact> from_bounce(std::string_view queue_id, Scanner scan) {
  const auto whole = scan.rest();
  if (!scan.skip("sender ") || !scan.until(" notification: ") || !is_queue_id(scan.rest()))
    return std::nullopt;
  return Queue{std::string(queue_id), QueueChange::Notified, std::string(whole)};
}

}  // namespace

bool is_queue_id(std::string_view word) {
  const auto is_short = [](char c) { return text::is_digit(c) || (c >= 'A' && c <= 'F'); };
  if (word.size() >= 6 && word.size() <= 20 && std::ranges::all_of(word, is_short)) return true;
  // Long ids have no vowels, so that they are no words.
  const auto is_long = [](char c) {
    return text::is_alnum(c) && std::string_view("aeiou").find(text::lower(c)) == std::string_view::npos;
  };
  return word.size() >= 10 && word.size() <= 32 && std::ranges::all_of(word, is_long);
}

std::string_view program_of(std::string_view service) { return service.substr(service.rfind('/') + 1); }

std::string_view transport_of(std::string_view service) {
  const auto parts = text::split(service, '/');
  return parts.size() > 2 ? parts[parts.size() - 2] : parts.back();
}

std::optional<LogFact> read_postfix(std::string_view service, std::string_view message) {
  const auto program = program_of(service);
  if (program == "smtpd" || program == "postscreen") return std::nullopt;  // strangers speak there
  if (auto tls = tls_established(message)) return tls;
  if (program == "postsuper" && message.starts_with("Deleted: ")) return SomeDeleted{};
  Scanner scan(message);
  const bool is_warning = scan.skip("warning: ");
  const auto queue_id = scan.until(": ");
  if (!queue_id || !is_queue_id(*queue_id)) return std::nullopt;
  if (is_warning) return program == "cleanup" ? from_cleanup_warning(*queue_id, scan) : std::nullopt;
  if (program == "qmgr") return from_queue_manager(*queue_id, scan);
  if (program == "pickup") return from_pickup(*queue_id, scan);
  if (program == "postsuper") return from_postsuper(*queue_id, scan.rest());
  if (program == "cleanup") return from_cleanup(*queue_id, scan);
  if (program == "bounce") return from_bounce(*queue_id, scan);
  return attempt(*queue_id, scan);
}

}  // namespace pams::milter::trace
