#include "milter/session/reply.hpp"

#include <string>

#include "rules/base/text.hpp"

namespace pams::milter::session {
namespace {

constexpr const char* kUnavailable = "Service temporarily unavailable";
constexpr std::size_t kMaxText = 400;  // RFC 5321 4.5.3.1.5: 512 with code, status and CRLF

/// "4.7.1" with a first digit that is `kind`.
bool is_status_of(std::string_view status, char kind) {
  const auto pieces = text::split(status, '.');
  if (pieces.size() != 3 || pieces[0] != std::string(1, kind)) return false;
  for (const auto piece : pieces)
    if (piece.empty() || piece.size() > 3 || piece.find_first_not_of("0123456789") != piece.npos)
      return false;
  return true;
}

bool is_refusal(const rules::Reply& reply) {
  return reply.code >= 400 && reply.code <= 599 &&
         is_status_of(reply.status, static_cast<char>('0' + reply.code / 100));
}

/// One line of printable ASCII; "%" doubled, as libmilter and the MTAs' formatting ask for.
std::string safe_text(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxText)) {
    if (c == '%') out += '%';
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out.empty() ? kUnavailable : out;
}

sfsistat give(SMFICTX* context, const rules::Reply& reply) {
  auto code = std::to_string(reply.code);
  auto status = reply.status;
  auto text = safe_text(reply.text);
  // Should libmilter not take it, the MTA says its own words for the same kind.
  static_cast<void>(smfi_setreply(context, code.data(), status.data(), text.data()));
  return reply.code >= 500 ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

}  // namespace

rules::Reply reply_to(Failure failure) {
  switch (failure) {
    case Failure::Temporary:
      return {451, "4.3.0", kUnavailable};
    case Failure::Refused:
      return {550, "5.7.1", "Delivery not authorized, message refused"};
    case Failure::Misconfigured:
      return {451, "4.3.5", kUnavailable};
  }
  return {451, "4.3.0", kUnavailable};
}

rules::Reply reply_route_not_ready() { return {451, "4.7.1", "Secure delivery temporarily unavailable"}; }

rules::Reply reply_too_many_recipients() { return {452, "4.5.3", "Too many recipients"}; }

sfsistat answer(SMFICTX* context, const rules::Reply& reply) noexcept {
  try {
    return give(context, is_refusal(reply) ? reply : reply_to(Failure::Temporary));
  } catch (...) {  // no memory for the text: the MTA's own 451 says enough
    return SMFIS_TEMPFAIL;
  }
}

}  // namespace pams::milter::session
