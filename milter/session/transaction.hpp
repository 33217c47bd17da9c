/// One message while it arrives: collects envelope, header and body within the limits. Shares nothing with
/// another message on the same connection. It decides nothing, except that a body which nobody will look at
/// is not kept. Belongs to one session.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "milter/base/byte_buffer.hpp"
#include "milter/session/services.hpp"
#include "rules/message/envelope.hpp"
#include "rules/message/message.hpp"

namespace pams::milter::session {

class Transaction {
 public:
  /// `declared_size`: SIZE= of MAIL, or 0.
  Transaction(std::shared_ptr<const Services> services, std::string sender, std::size_t declared_size);

  /// `parameters`: those of RCPT (RFC 3461), as they came, with blanks between them.
  void add_recipient(std::string address, std::string parameters);
  /// `value` as in HeaderField.
  void add_header(std::string_view name, std::string value);
  /// For each chunk, before add_body(): a broken header may have left the flag in the first one.
  void begin_body(std::string_view chunk);
  void add_body(std::string_view chunk);

  /// Flagged (in a broken header, too) or sealed, some rule looks at bodies, or mail is journaled. Asked when
  /// the header is complete.
  bool needs_body() const {
    return flag_seen_ || flag_hidden_ || seal_seen_ || services_->config->policy.needs_body();
  }

  const Services& services() const { return *services_; }
  const Config& config() const { return *services_->config; }
  bool flag_seen() const { return flag_seen_; }
  bool has_too_many_recipients() const { return too_many_recipients_; }
  /// Which limit was met ("header_count", "header_bytes"); "" for none. Of the fields after it only flags are
  /// stored.
  const std::string& limits_exceeded() const { return limits_exceeded_; }
  const Envelope& envelope() const { return envelope_; }
  /// One for each of the envelope's recipients.
  const std::vector<std::string>& recipient_parameters() const { return recipient_parameters_; }
  /// ENVID= of MAIL with its value (RFC 3461 4.4), or "".
  void keep_envelope_id(std::string parameter) { envelope_id_ = std::move(parameter); }
  const std::string& envelope_id() const { return envelope_id_; }
  std::size_t declared_size() const { return declared_size_; }

  /// The message, handed over; once.
  Message take_message();

 private:
  void keep_only_flags(std::string_view name, std::string value);
  bool is_flag(std::string_view name) const;

  std::shared_ptr<const Services> services_;
  Envelope envelope_;
  std::vector<std::string> recipient_parameters_;
  std::string envelope_id_;
  std::size_t declared_size_;
  Headers headers_;
  std::size_t header_bytes_ = 0;
  bool body_begun_ = false, flag_hidden_ = false;
  std::size_t flags_after_limit_ = 0;
  std::string limits_exceeded_;
  bool flag_seen_ = false;
  bool seal_seen_ = false;
  bool too_many_recipients_ = false;
  ByteBuffer body_;
};

}  // namespace pams::milter::session
