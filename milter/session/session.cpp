#include "milter/session/session.hpp"

#include <charconv>
#include <stdexcept>

#include "milter/session/peer.hpp"
#include "rules/base/text.hpp"

namespace pams::milter::session {
namespace {

/// SIZE= (RFC 1870) among the parameters of MAIL; 0 when there is none or it is no number.
std::size_t declared_size(char** arguments) {
  for (char** parameter = arguments + 1; arguments[0] != nullptr && *parameter != nullptr; ++parameter) {
    const std::string_view word = *parameter;
    if (!text::istarts_with(word, "SIZE=")) continue;
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(word.data() + 5, word.data() + word.size(), size);
    if (error == std::errc() && end == word.data() + word.size()) return size;
  }
  return 0;
}

}  // namespace

Session& Session::of(SMFICTX* context) {
  auto* session = static_cast<Session*>(smfi_getpriv(context));
  if (session == nullptr) throw std::logic_error("a connection without a session");
  return *session;
}

void Session::mail(std::shared_ptr<const Services> services, char** arguments) {
  forget_message();
  transaction_.emplace(std::move(services), without_brackets(arguments[0] == nullptr ? "" : arguments[0]),
                       declared_size(arguments));
  for (char** parameter = arguments + 1; arguments[0] != nullptr && *parameter != nullptr; ++parameter)
    if (text::istarts_with(*parameter, "ENVID=")) transaction_->keep_envelope_id(*parameter);
}

void Session::recipient(char** arguments) {
  std::string parameters;
  if (arguments[0] == nullptr) throw std::logic_error("RCPT without an address");
  for (char** parameter = arguments + 1; *parameter != nullptr; ++parameter)
    parameters += (parameters.empty() ? "" : " ") + std::string(*parameter);
  transaction().add_recipient(without_brackets(arguments[0]), std::move(parameters));
}

void Session::header(std::string_view name, std::string_view value) {
  // Without the agreement "X:v" and "X: v" look the same; the second is what everybody writes.
  std::string raw = agreement_.leading_space ? "" : " ";
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\n' && (i == 0 || value[i - 1] != '\r')) raw += '\r';
    raw += value[i];
  }
  transaction().add_header(name, std::move(raw));
}

void Session::body(std::string_view chunk) {
  transaction().begin_body(chunk);
  wants_body_ = !has_failed() && transaction().needs_body();
  if (wants_body_) transaction().add_body(chunk);
}

sfsistat Session::answer_to_body() const noexcept {
  if (!agreement_.answers_body) return SMFIS_NOREPLY;
  return agreement_.can_skip && !wants_body_ ? SMFIS_SKIP : SMFIS_CONTINUE;
}

void Session::forget_message() {
  transaction_.reset();
  message_failed_ = false;
  wants_body_ = true;
}

Transaction& Session::transaction() {
  if (!transaction_) throw std::logic_error("a command outside of a message");
  return *transaction_;
}

}  // namespace pams::milter::session
