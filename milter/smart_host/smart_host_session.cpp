#include "milter/smart_host/smart_host_session.hpp"

#include <algorithm>

#include "milter/base/parse_number.hpp"
#include "rules/base/text.hpp"
#include "rules/mime/base64.hpp"

namespace pams::milter::smart_host {
namespace {

using Outcome = SmartHostSession::StageResult;
using std::chrono::seconds;

Outcome fine(std::string reason) { return {StageStatus::Ok, std::move(reason)}; }
Outcome fault(std::string reason) { return {StageStatus::Fail, std::move(reason)}; }
Outcome skipped(std::string reason) { return {StageStatus::Skipped, std::move(reason)}; }

/// encode_base64 folds at 76 characters, as mail wants it; SMTP does not.
std::string base64(std::string_view bytes) {
  return text::replace_all(mime::encode_base64(bytes), "\r\n", "");
}

std::string megabytes(std::uint64_t bytes) {
  const auto tenths = (bytes * 10 + (1U << 19U)) >> 20U;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

}  // namespace

SmtpFeatures::SmtpFeatures(const SmtpReply& ehlo) {
  if (ehlo.code == 250 && !ehlo.lines.empty()) lines_.assign(ehlo.lines.begin() + 1, ehlo.lines.end());
}

std::optional<std::string> SmtpFeatures::offered(std::string_view keyword) const {
  for (const auto& feature : lines_) {
    // "AUTH=PLAIN LOGIN" is how servers from before RFC 2554 write it; Postfix reads that too.
    const auto end = std::min(feature.find_first_of(" ="), feature.size());
    if (text::iequals(std::string_view(feature).substr(0, end), keyword))
      return std::string(text::trim(std::string_view(feature).substr(std::min(end + 1, feature.size()))));
  }
  return std::nullopt;
}

std::uint64_t SmtpFeatures::size_limit() const {
  const auto said = offered("SIZE");
  return said ? leading_number<std::uint64_t>(*said).value_or(0) : 0;
}

Deadline SmartHostSession::soon() const {
  return std::min(settings_.deadline, std::chrono::steady_clock::now() + settings_.timeout);
}

Result<SmtpReply> SmartHostSession::greet(Deadline deadline) {
  auto reply = connection_.command("EHLO " + settings_.helo_name, deadline);
  features_ = reply ? SmtpFeatures(*reply) : SmtpFeatures();
  return reply;
}

Outcome SmartHostSession::ehlo() {
  const auto deadline = soon();
  const auto greeting = connection_.read_reply(deadline);
  if (!greeting) return fault("no greeting: " + greeting.error().what);
  if (greeting->code != 220) return fault("it greets with '" + greeting->text() + "'");
  const auto reply = greet(deadline);
  if (!reply) return fault("after EHLO " + settings_.helo_name + ": " + reply.error().what);
  if (reply->code != 250)
    return fault("it answers EHLO " + settings_.helo_name + " with '" + reply->text() + "'");
  return fine(reply->text());
}

Outcome SmartHostSession::starttls() {
  if (!features_.offered("STARTTLS"))
    return fault("it does not offer STARTTLS, so nothing can be sent to it safely; is the port right?");
  const auto reply = connection_.command("STARTTLS", soon());
  if (!reply) return fault("after STARTTLS: " + reply.error().what);
  if (reply->code != 220) return fault("it refuses STARTTLS: '" + reply->text() + "'");
  // CVE-2011-0411: what comes in clear after the 220 would be taken for an answer that came over TLS.
  if (connection_.has_unread_bytes())
    return fault(
        "bytes came in clear after the answer to STARTTLS: somebody on the way injects commands, or the server is broken");
  return fine(reply->text());
}

Outcome SmartHostSession::tls() {
  const bool verifies = connector_.tls_settings != rules::TlsSettings::EncryptionOnly;
  auto context = make_tls_context(verifies ? connector_.tls_ca_file : "");
  if (!context) return fault(context.error().what);
  context_ = std::move(*context);
  if (const auto done = connection_.start_tls(context_.get(), soon()); !done)
    return fault("the TLS handshake failed: " + done.error().what);
  if (verifies)
    proof_ = prove(connection_.tls(), {connector_.certificate_name(host_)}, connector_.tls_ca_file);
  return fine(tls_summary(connection_.tls()));
}

Outcome SmartHostSession::proved(const CertificateVerdict& verdict) const {
  return verdict.holds ? fine(verdict.reason) : fault(verdict.reason);
}

constexpr const char* kNotVerified = "tls_settings is encryption_only: nobody looks who the smart host is";

Outcome SmartHostSession::chain() { return proof_ ? proved(proof_->chain) : skipped(kNotVerified); }
Outcome SmartHostSession::name() { return proof_ ? proved(proof_->name) : skipped(kNotVerified); }
Outcome SmartHostSession::expiry() { return proof_ ? proved(proof_->expiry) : skipped(kNotVerified); }

Outcome SmartHostSession::size() {
  // RFC 3207 4.2: what was offered in clear counts for nothing; ask again.
  const auto reply = greet(soon());
  if (!reply) return fault("after EHLO over TLS: " + reply.error().what);
  if (reply->code != 250) return fault("it answers EHLO over TLS with '" + reply->text() + "'");
  const auto maximum = features_.size_limit();
  if (maximum == 0) return fine("it announces no limit");
  if (maximum < settings_.max_message_size)
    return fault("it takes messages up to " + megabytes(maximum) + ", max_message_size is " +
                 megabytes(settings_.max_message_size) +
                 ": larger ones would bounce; set max_message_size = " + std::to_string(maximum));
  return fine("it takes messages up to " + megabytes(maximum));
}

Result<SmtpReply> SmartHostSession::authenticate(const std::string& mechanisms, Deadline deadline) {
  const auto words = text::split(mechanisms, ' ');
  const auto has = [&](std::string_view mechanism) {
    return std::ranges::any_of(words, [&](auto word) { return text::iequals(word, mechanism); });
  };
  const auto& user = connector_.username;
  // RFC 4616: no authorization identity, NUL, user, NUL, password.
  const auto nul = std::string(1, '\0');
  if (has("PLAIN"))
    return connection_.command("AUTH PLAIN " + base64(nul + user + nul + *settings_.password), deadline);
  if (!has("LOGIN"))
    return fail(Failure::Misconfigured, "it offers only '" + mechanisms + "', neither PLAIN nor LOGIN");
  auto reply = connection_.command("AUTH LOGIN", deadline);
  if (reply && reply->code == 334) reply = connection_.command(base64(user), deadline);
  if (reply && reply->code == 334) reply = connection_.command(base64(*settings_.password), deadline);
  return reply;
}

Outcome SmartHostSession::auth() {
  if (connector_.username.empty()) return skipped("the connector has no username");
  if (!verified()) return fault("the password is shown only to a smart host that has proved who it is");
  if (!settings_.password) return fault(settings_.password.error().what);
  const auto mechanisms = features_.offered("AUTH");
  if (!mechanisms) return fault("it does not offer AUTH; remove username, or ask the smart host's operator");
  const auto reply = authenticate(*mechanisms, soon());
  if (!reply) return fault("after AUTH: " + reply.error().what);
  if (reply->code != 235)
    return fault("it refuses the username '" + text::printable(connector_.username) + "' or the password: '" +
                 reply->text() + "'");
  return fine("it knows '" + text::printable(connector_.username) + "'");
}

void SmartHostSession::quit() {
  // Courtesy: whatever it answers, we are done.
  static_cast<void>(connection_.command(
      "QUIT", std::min(settings_.deadline, std::chrono::steady_clock::now() + seconds(1))));
}

}  // namespace pams::milter::smart_host
